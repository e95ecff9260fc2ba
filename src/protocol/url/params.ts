/**
 * The parameters of a callback URL while it is parsed. A value is taken under the first name of its row that has one;
 * what is not taken stays as an ordinary parameter. Names ignore case and leading `amp;`: Resurs sends such names for
 * registrations written with `&amp;`.
 */
import type { NameValue, UrlText } from '../../lib/request-target.ts';

/** A value that was taken. */
export interface Taken {
  readonly value: UrlText;
  /** Equal to `value` unless the digest may prove another reading. */
  readonly otherReading: UrlText;
}

export interface Params {
  add(pair: NameValue): void;
  /**
   * Removes and returns the value of the first of the names that has one; null if none has. A name that came with
   * several different values is a conflict, because the digest could be right for one and the event hold the other.
   */
  take(names: readonly string[], matches?: (text: string) => boolean): Taken | null;
  /** Removes what is left under these names. */
  drop(names: readonly string[]): void;
  /** Whether a name that was taken had several different values. */
  hasConflict(): boolean;
  /** What was not taken. A name that came more than once has all its values. */
  rest(): Record<string, string | string[]>;
}

/** A name as first spelled, with everything that came under it. */
interface Param {
  readonly name: string;
  readonly occurrences: NameValue[];
}

/** Returns the name of a pair as it is compared: without leading `amp;`, in lower case. */
export function parameterKey(pair: NameValue): string {
  return nameOf(pair).toLowerCase();
}

function nameOf({ name }: NameValue): string {
  return name.replace(/^(?:amp;)+/i, '');
}

/** Collects the pairs of a URL under their names. A pair without a name and a value is left out. */
export function collectParams(pairs: readonly NameValue[]): Params {
  /** Keyed by the name in lower case. */
  const params = new Map<string, Param>();
  let hasConflict = false;
  const add = (pair: NameValue) => {
    const name = nameOf(pair);
    const key = name.toLowerCase();
    const known = params.get(key);
    if (known !== undefined) known.occurrences.push(pair);
    else if (name !== '' || pair.value.text !== '') params.set(key, { name, occurrences: [pair] });
  };
  for (const pair of pairs) add(pair);

  return {
    add,
    take(names, matches = (text) => text !== '') {
      for (const name of names) {
        const occurrences = params.get(name)?.occurrences;
        const [first] = occurrences ?? [];
        if (occurrences === undefined || first === undefined) continue;
        if (!occurrences.some(({ value }) => matches(value.text))) continue;
        params.delete(name);
        if (occurrences.length > 1 && !areEqual(occurrences.map(({ value }) => value))) hasConflict = true;
        return { value: first.value, otherReading: otherReadingOf(occurrences) ?? first.value };
      }
      return null;
    },
    drop(names) {
      for (const name of names) params.delete(name);
    },
    hasConflict: () => hasConflict,
    rest() {
      // fromEntries defines own properties, so a parameter named __proto__ is a parameter like any other.
      return Object.fromEntries([...params.values()].map(({ name, occurrences }) => [name, contentOf(occurrences)]));
    },
  };
}

/** Returns the second reading of a value, unless its occurrences differ in it. */
function otherReadingOf(occurrences: readonly NameValue[]): UrlText | null {
  const [first] = occurrences;
  if (occurrences.length === 1) return first?.otherReading ?? null;
  const others = occurrences.map(({ value, otherReading }) => otherReading ?? value);
  return areEqual(others) ? (others[0] ?? null) : null;
}

function areEqual(values: readonly UrlText[]): boolean {
  return values.every(({ text }) => text === values[0]?.text);
}

function contentOf(occurrences: readonly NameValue[]): string | string[] {
  const [first = '', ...more] = occurrences.map(({ value }) => value.text);
  return more.length === 0 ? first : [first, ...more];
}
