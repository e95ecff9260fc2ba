/** The requests and responses of `/replays` as schemas. */
import { Type } from 'typebox';
import { PROVIDERS } from '../db/schema.ts';
import { MAX_IDS } from '../deliveries/replay-request.ts';
import { MAX_LIMIT, NO_NUL, REASON } from './requests.ts';
import { AtLeast, NullableTime, Time } from './response-types.ts';

/** Of `GET /replays`. */
export const DEFAULT_REPLAYS = 20;
export const ReplaysQuery = Type.Object(
  { limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_REPLAYS })) },
  { additionalProperties: false },
);

export const ReplaysBody = Type.Object(
  {
    state: Type.Optional(Type.Enum(['delivered', 'dead_letter'])),
    type: Type.Optional(Type.String({ minLength: 1, maxLength: 64, pattern: NO_NUL })),
    paymentId: Type.Optional(Type.String({ minLength: 1, maxLength: 255, pattern: NO_NUL })),
    orderReference: Type.Optional(Type.String({ minLength: 1, maxLength: 255, pattern: NO_NUL })),
    provider: Type.Optional(Type.Enum([...PROVIDERS])),
    from: Type.Optional(Type.String()),
    to: Type.Optional(Type.String()),
    reason: Type.Optional(Type.String({ description: REASON })),
    ids: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: MAX_IDS, description: "Events' ids" })),
    dryRun: Type.Optional(Type.Boolean({ description: 'Only count, and keep nothing' })),
    expected: Type.Optional(Type.Integer({ minimum: 0, description: 'Refuse when more than so many match' })),
  },
  { additionalProperties: false },
);

/** Header names are in small letters here. */
export const ReplaysHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: '^[\\u0020-\\u007e]{1,255}$',
      description: 'The same key with the same request again gets the same response and does nothing more',
    }),
  ),
});

export const ReplayParams = Type.Object({ id: Type.String({ description: 'Of the response of POST /replays' }) });

export const CountResponse = Type.Object(
  {
    id: Type.Optional(Type.String({ description: 'For GET and DELETE /replays/{id}; missing in a dry run' })),
    count: Type.Integer({ description: 'How many deliveries match' }),
    atLeast: AtLeast,
    summary: Type.String({ description: 'What is done, or would be in a dry run, in words' }),
  },
  { description: 'The replay has started, or, in a dry run, would start' },
);

const replayMembers = {
  id: Type.String(),
  state: Type.Enum(['running', 'done', 'stopped']),
  count: Type.Integer({ description: 'How many deliveries matched when it started' }),
  atLeast: AtLeast,
  replayed: Type.Integer({ description: 'How many were put back to be sent again' }),
  failed: Type.Integer({ description: 'How many were left unchanged because the database refused them' }),
  createdAt: Time,
  finishedAt: NullableTime,
};

export const ReplayResponse = Type.Object(replayMembers, { description: 'How far the replay is' });

const given = Type.Optional(Type.String());

export const ReplaysResponse = Type.Object(
  {
    replays: Type.Array(
      Type.Object({
        ...replayMembers,
        by: Type.String({ description: 'The header x-operator of the request, else the name of the token' }),
        filter: Type.Object(
          {
            state: given,
            type: given,
            paymentId: given,
            orderReference: given,
            provider: given,
            from: given,
            to: given,
            reason: given,
            ids: Type.Optional(Type.Integer({ description: 'How many ids were given' })),
          },
          { description: 'The fields of POST /replays that were given' },
        ),
      }),
    ),
  },
  { description: 'Replays, newest first, those that run and those that have ended' },
);
