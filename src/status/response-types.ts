/** Types of single members of responses that typebox has not, or that the serializer needs otherwise. */
import { Type } from 'typebox';

/** A date and time that may be missing; a list of types, so that the serializer accepts a Date. */
export const NullableTime = Type.Unsafe<Date | null>({ type: ['string', 'null'], format: 'date-time' });
export const Time = Type.Unsafe<Date>({ type: 'string', format: 'date-time' });
export const NullableText = Type.Unsafe<string | null>({ type: ['string', 'null'] });
export const NullableInteger = Type.Unsafe<number | null>({ type: ['integer', 'null'] });
export const NullableNumber = Type.Unsafe<number | null>({ type: ['number', 'null'] });

/** The cursor of a list that is paged. */
export const Next = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  description:
    'The cursor of the next page, null at the end; a page may be shorter than its limit although more pages follow',
});

/** Beside a count. */
export const AtLeast = Type.Optional(Type.Boolean({ description: 'True when there are more than were counted' }));
