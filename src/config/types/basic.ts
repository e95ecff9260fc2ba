/**
 * Every value of the environment is read by one of these kinds, strictly: what is not plainly right is refused.
 * A kind says in words what it expects, so that help texts and faults cannot disagree with the check. Kinds for lists,
 * URLs and secrets have files of their own. A problem text never repeats the value: somebody may have put a
 * secret under the wrong name, and faults end up in logs.
 */

/** What became of one text. */
export type ParseResult<T> =
  | { readonly outcome: 'parsed'; readonly value: T }
  | { readonly outcome: 'refused'; readonly problem: string };

/** How one sort of setting is written. */
export interface SettingType<T> {
  /** Completes the sentence "set it to …". */
  readonly expected: string;
  /** Never throws. */
  readonly parse: (matching: string) => ParseResult<T>;
  /** How the value may be shown to people; without it a setting shows what was given, or nothing of a secret. */
  readonly mask?: (matching: string) => string;
}

/** Lowest and highest number allowed, both included. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Shorthand for the good end of a parser. */
export function ok<T>(value: T): ParseResult<T> {
  return { outcome: 'parsed', value };
}

/** Shorthand for the bad end; `problem` completes the sentence "NAME …". */
export function invalid(problem: string): { readonly outcome: 'refused'; readonly problem: string } {
  return { outcome: 'refused', problem };
}

/** Digits only: `Number` would also take `1e3`, `0x10` and the empty text. */
export function integer({ min, max }: Range): SettingType<number> {
  const parse = (matching: string): ParseResult<number> => {
    const digits = matching.trim();
    if (!/^\d{1,15}$/.test(digits)) return invalid('is not a whole number');

    const value = Number(digits);
    if (value < min) return invalid(`is below ${min}`);
    if (value > max) return invalid(`is above ${max}`);
    return ok(value);
  };

  return { expected: `a whole number from ${min} to ${max}`, parse };
}

/** `true` or `false` and nothing else: a misspelt `flase` must not count as either. */
export function boolean(): SettingType<boolean> {
  const parse = (matching: string): ParseResult<boolean> => {
    const word = matching.trim();
    if (word === 'true') return ok(true);
    if (word === 'false') return ok(false);
    return invalid('is neither true nor false');
  };

  return { expected: 'true or false', parse };
}

/** One of a few words, in small letters. */
export function choice<const W extends string>(words: readonly W[]): SettingType<W> {
  const expected = joinWords(words);
  const parse = (matching: string): ParseResult<W> => {
    const word = words.find((candidate) => candidate === matching.trim());
    return word === undefined ? invalid(`is not ${expected}`) : ok(word);
  };

  return { expected, parse };
}

/** A text that a pattern describes, kept exactly as given. `problem` is said when the pattern does not match. */
export function matching(
  expected: string,
  { pattern, problem }: { pattern: RegExp; problem: string },
): SettingType<string> {
  return { expected, parse: (given) => (pattern.test(given) ? ok(given) : invalid(problem)) };
}

/** A file or folder on this machine. */
export function path(): SettingType<string> {
  return matching('a path', { pattern: /^\P{Cc}+$/u, problem: 'has control characters' });
}

/** A host name or address to listen on, as Node's `listen` takes it: IPv6 without brackets. */
export function host(): SettingType<string> {
  return matching('an address of this machine, without scheme and port; IPv6 without brackets', {
    pattern: /^[A-Za-z0-9.:%_-]{1,255}$/,
    problem: 'is not an address to listen on',
  });
}

function joinWords(words: readonly string[]): string {
  return [words.slice(0, -1).join(', '), words.at(-1)].filter((part) => part !== '').join(' or ');
}
