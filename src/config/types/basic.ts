/**
 * Setting types: each parses the text of one setting strictly and rejects every doubtful value. A type describes in
 * words what it expects, so that help texts and error messages cannot disagree with the check. Types of lists, URLs and
 * secrets have files of their own. A problem text never repeats the value: an operator may have set a secret under the
 * wrong name, and errors end up in logs.
 */

/** The result of parsing one text. */
export type ParseResult<T> = { readonly outcome: 'parsed'; readonly value: T } | Refused;

/** `fix` is an instruction; without it, the fix is to set what the type expects. */
export interface Refused {
  readonly outcome: 'refused';
  readonly problem: string;
  readonly fix?: string;
}

/** How the values of one type are written. */
export interface SettingType<T> {
  /** Completes the sentence "set it to …". */
  readonly expected: string;
  /** Never throws. */
  readonly parse: (text: string) => ParseResult<T>;
  /** Masks the value for people; without it, a setting is printed as given, and a secret is masked completely. */
  readonly mask?: (text: string) => string;
  /**
   * Checks the files that a valid text names; `readFile` returns the text of one or throws. Missing where a text names
   * none. Never throws.
   */
  readonly checkFiles?: (text: string, readFile: (path: string) => string) => Refused | null;
}

/** Lowest and highest allowed number, both included. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Returns the result of a successful parse. */
export function ok<T>(value: T): ParseResult<T> {
  return { outcome: 'parsed', value };
}

/** Returns the result of a failed parse; `problem` completes the sentence "NAME …". */
export function invalid(problem: string, fix?: string): Refused {
  return fix === undefined ? { outcome: 'refused', problem } : { outcome: 'refused', problem, fix };
}

/** A whole number, digits only: `Number` would also accept `1e3`, `0x10` and the empty text. */
export function integer({ min, max }: Range): SettingType<number> {
  const parse = (text: string): ParseResult<number> => {
    const digits = text.trim();
    if (!/^\d{1,15}$/.test(digits)) return invalid('is not a whole number');

    const value = Number(digits);
    if (value < min) return invalid(`is below ${min}`);
    if (value > max) return invalid(`is above ${max}`);
    return ok(value);
  };

  return { expected: `a whole number from ${min} to ${max}`, parse };
}

/** `true` or `false` only: a misspelled `flase` must not count as either. */
export function boolean(): SettingType<boolean> {
  const parse = (text: string): ParseResult<boolean> => {
    const word = text.trim();
    if (word === 'true') return ok(true);
    if (word === 'false') return ok(false);
    return invalid('is neither true nor false');
  };

  return { expected: 'true or false', parse };
}

/** One of several words, in lower case. */
export function oneOf<const W extends string>(words: readonly W[]): SettingType<W> {
  const expected = joinWords(words);
  const parse = (text: string): ParseResult<W> => {
    const word = words.find((candidate) => candidate === text.trim());
    return word === undefined ? invalid(`is not ${expected}`) : ok(word);
  };

  return { expected, parse };
}

/** A text that matches a pattern, kept exactly as given. `problem` is the error when it does not match. */
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

/** A host name or address to listen on, in the form that Node's `listen` accepts: IPv6 without brackets. */
export function host(): SettingType<string> {
  return matching('an address of this machine, without scheme and port; IPv6 without brackets', {
    pattern: /^[A-Za-z0-9.:%_-]{1,255}$/,
    problem: 'is not an address to listen on',
  });
}

function joinWords(words: readonly string[]): string {
  return [words.slice(0, -1).join(', '), words.at(-1)].filter((part) => part !== '').join(' or ');
}
