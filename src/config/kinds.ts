/**
 * Every value of the environment is read by one of these kinds, strictly: what is not plainly right is refused.
 * A kind says in words what it expects, so that help texts and faults cannot disagree with the check. Kinds for lists,
 * URLs and secrets have files of their own. A problem text never repeats the value: somebody may have put a
 * secret under the wrong name, and faults end up in logs.
 */

/** What became of one text. */
export type Parsed<T> =
  | { readonly outcome: 'parsed'; readonly value: T }
  | { readonly outcome: 'refused'; readonly problem: string };

/** How one sort of setting is written. */
export interface Kind<T> {
  /** Completes the sentence "set it to …". */
  readonly expected: string;
  /** Never throws. */
  readonly parse: (text: string) => Parsed<T>;
  /** How the value may be shown to people; without it a setting shows what was given, or nothing of a secret. */
  readonly mask?: (text: string) => string;
}

/** Lowest and highest number allowed, both included. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Shorthand for the good end of a parser. */
export function parsed<T>(value: T): Parsed<T> {
  return { outcome: 'parsed', value };
}

/** Shorthand for the bad end; `problem` completes the sentence "NAME …". */
export function refused(problem: string): { readonly outcome: 'refused'; readonly problem: string } {
  return { outcome: 'refused', problem };
}

/** Digits only: `Number` would also take `1e3`, `0x10` and the empty text. */
export function integer({ min, max }: Range): Kind<number> {
  const parse = (text: string): Parsed<number> => {
    const digits = text.trim();
    if (!/^\d{1,15}$/.test(digits)) return refused('is not a whole number');

    const value = Number(digits);
    if (value < min) return refused(`is below ${min}`);
    if (value > max) return refused(`is above ${max}`);
    return parsed(value);
  };

  return { expected: `a whole number from ${min} to ${max}`, parse };
}

/** `true` or `false` and nothing else: a misspelt `flase` must not count as either. */
export function boolean(): Kind<boolean> {
  const parse = (text: string): Parsed<boolean> => {
    const word = text.trim();
    if (word === 'true') return parsed(true);
    if (word === 'false') return parsed(false);
    return refused('is neither true nor false');
  };

  return { expected: 'true or false', parse };
}

/** One of a few words, in small letters. */
export function choice<const W extends string>(words: readonly W[]): Kind<W> {
  const expected = inWords(words);
  const parse = (text: string): Parsed<W> => {
    const word = words.find((candidate) => candidate === text.trim());
    return word === undefined ? refused(`is not ${expected}`) : parsed(word);
  };

  return { expected, parse };
}

/** A text that a pattern describes, kept exactly as given. `problem` is said when the pattern does not match. */
export function text(expected: string, { pattern, problem }: { pattern: RegExp; problem: string }): Kind<string> {
  return { expected, parse: (given) => (pattern.test(given) ? parsed(given) : refused(problem)) };
}

/** A file or folder on this machine. */
export function path(): Kind<string> {
  return text('a path', { pattern: /^\P{Cc}+$/u, problem: 'has control characters' });
}

/** A host name or address to listen on, as Node's `listen` takes it: IPv6 without brackets. */
export function host(): Kind<string> {
  return text('an address of this machine, without scheme and port; IPv6 without brackets', {
    pattern: /^[A-Za-z0-9.:%_-]{1,255}$/,
    problem: 'is not an address to listen on',
  });
}

function inWords(words: readonly string[]): string {
  return [words.slice(0, -1).join(', '), words.at(-1)].filter((part) => part !== '').join(' or ');
}
