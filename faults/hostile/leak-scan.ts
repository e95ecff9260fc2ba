/**
 * Scans all output of the receivers for what must never appear in it: every secret of the run, and anything in the form
 * of a digest or of a derived salt.
 */

export interface LeakScanner {
  /** Scans a text; `where` names it in a leak. */
  scan(where: string, text: string): void;
  /** Where something was found, and what kind of secret it is, without the secret itself. */
  readonly leaks: ReadonlySet<string>;
  readonly scannedCharacters: () => number;
}

/** SHA-1 or MD5 in hex, without further letters or digits around it. */
const DIGEST = '(?<![0-9a-z])(?:[0-9a-f]{40}|[0-9a-f]{32})(?![0-9a-z])';

/**
 * Creates a scanner for these secrets, by the name that a leak reports. `revision` is the commit of the program, which has
 * the form of a digest and is shown on purpose; null where it is not known.
 */
export function createLeakScanner(secrets: ReadonlyMap<string, string>, revision: string | null): LeakScanner {
  const texts = [...secrets.values()].map((secret) => secret.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  const any = new RegExp([...texts, DIGEST].join('|'), 'i');
  const leaks = new Set<string>();
  let scanned = 0;
  return {
    leaks,
    scannedCharacters: () => scanned,
    scan(where, text) {
      scanned += text.length;
      const found = any.exec(revision === null ? text : text.replaceAll(revision, ''))?.[0];
      if (found === undefined) return;
      const name = [...secrets].find(([, secret]) => secret.toLowerCase() === found.toLowerCase())?.[0];
      leaks.add(`${where}: ${name ?? 'something like a digest'}`);
    },
  };
}
