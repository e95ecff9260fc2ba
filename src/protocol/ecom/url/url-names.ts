/**
 * The names that callback URLs use, in lower case: the shop chooses the spelling at registration, so several names mean
 * the same. The first name of a row that has a value counts (docs/protocol.md, Names in URLs).
 */
export const TYPE_NAMES = ['c', 'event-type', 'eventtype', 'callback', 'status', 'event', 'type'] as const;
export const PAYMENT_NAMES = ['p', 'paymentid', 'orderid'] as const;
export const DIGEST_NAMES = ['d', 'digest'] as const;
export const RESULT_NAMES = ['r', 'result'] as const;
export const TIME_NAMES = ['t'] as const;
/** The account of a PASSWORD_EXPIRATION. */
export const ACCOUNT_NAMES = ['identifier'] as const;

/** Pairs that may follow the id in a path. The last three are constants of shop modules. */
const TRAILING_NAMES = ['digest', 'result', 'lastreg', 'scopetype', 'scopeid'] as const;

export const TEST_NUMBERS = [1, 2, 3, 4, 5] as const;

/** Returns the names of one of the five values of a TEST. */
export function testNames(n: number): readonly string[] {
  return [`param${n}`, `prm${n}`, `par${n}`, `ignore${n}`];
}

/** Whether a name, in lower case, is one of those values of a TEST. */
export function isTestName(name: string): boolean {
  return /^(?:param|prm|par|ignore)[1-5]$/.test(name);
}

/** Whether a name, in lower case, may follow the id in a path. */
export function isTrailingName(name: string): boolean {
  return TRAILING_NAMES.some((known) => known === name);
}

const WORDS: ReadonlySet<string> = new Set(
  [TYPE_NAMES, PAYMENT_NAMES, DIGEST_NAMES, RESULT_NAMES, ACCOUNT_NAMES, TRAILING_NAMES, ['storeidentifier']]
    .flat()
    // A single letter is more likely a value.
    .filter((name) => name.length > 1),
);

/** Whether a segment of a path is more likely a name than a value. */
export function isNameWord(name: string): boolean {
  return WORDS.has(name) || isTestName(name);
}
