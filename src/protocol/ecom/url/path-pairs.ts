/**
 * Splits the segments of a path into names and values that alternate. An empty segment is a value that is missing, or
 * a slash that stands doubled around a name; both occur in URLs of shop modules. The segments are read from the end, so
 * that the cost follows their number, whatever a stranger sends.
 */
import { decodeComponent, decodeText, type NameValue } from '../../../lib/request-target.ts';
import { isNameWord } from './url-names.ts';

/** What is read at one segment; `pair` is null for a slash that counts for nothing. */
interface Step {
  readonly pair: readonly [name: string, value: string] | null;
  readonly next: number;
}

/**
 * Returns the pairs in order; null if the segments cannot be split so that every name is accepted. `isName` gets names
 * in lower case.
 */
export function alternatingPairs(
  segments: readonly string[],
  isName: (name: string) => boolean,
): readonly NameValue[] | null {
  const steps = new Map<number, Step>();
  const canReadFrom = (i: number) => i === segments.length || steps.has(i);
  let filled = segments.length;
  for (let i = segments.length - 1; i >= 0; i -= 1) {
    const step = stepsAt(segments, i, filled, isName).find(({ next }) => canReadFrom(next));
    if (step !== undefined) steps.set(i, step);
    if (segments[i] !== '') filled = i;
  }
  return canReadFrom(0) ? collect(steps) : null;
}

/** Returns how a segment can be read, the likeliest first. `filled` is the next segment after it that is not empty. */
function stepsAt(segments: readonly string[], i: number, filled: number, isName: (name: string) => boolean): Step[] {
  const name = segments[i] ?? '';
  if (name === '') return [{ pair: null, next: i + 1 }];
  if (i + 1 === segments.length || !isName(decodeComponent(name).toLowerCase())) return [];

  const value = segments[filled] ?? '';
  const withValue: Step = { pair: [name, value], next: filled + 1 };
  const withoutValue: Step = { pair: [name, ''], next: i + 2 };
  if (filled === i + 1) return [withValue];
  if (filled === segments.length) return [withoutValue];
  return isNameWord(decodeComponent(value).toLowerCase()) ? [withoutValue, withValue] : [withValue, withoutValue];
}

function collect(steps: ReadonlyMap<number, Step>): NameValue[] {
  const pairs: NameValue[] = [];
  for (let step = steps.get(0); step !== undefined; step = steps.get(step.next)) {
    if (step.pair === null) continue;
    const [name, value] = step.pair;
    pairs.push({ name: decodeComponent(name), value: decodeText(value), otherReading: null });
  }
  return pairs;
}
