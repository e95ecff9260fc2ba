/**
 * Looks through everything that comes out of the receiver for what must never come out: every secret of the run, and
 * anything that has the form of a digest or of a derived salt.
 */

export interface Sweep {
  /** `where` names the text in a fault. */
  look(where: string, text: string): void;
  /** Places with what was found there, without the secret itself. */
  readonly faults: ReadonlySet<string>;
  /** Characters looked through. */
  readonly looked: () => number;
}

/** SHA-1 or MD5 in hex, standing alone. */
const DIGEST = '(?<![0-9a-z])(?:[0-9a-f]{40}|[0-9a-f]{32})(?![0-9a-z])';

/** `secrets` by the name under which a fault tells of them. */
export function createSweep(secrets: ReadonlyMap<string, string>): Sweep {
  const texts = [...secrets.values()].map((secret) => secret.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  const any = new RegExp([...texts, DIGEST].join('|'), 'i');
  const faults = new Set<string>();
  let looked = 0;
  return {
    faults,
    looked: () => looked,
    look(where, text) {
      looked += text.length;
      const found = any.exec(text)?.[0];
      if (found === undefined) return;
      const name = [...secrets].find(([, secret]) => secret.toLowerCase() === found.toLowerCase())?.[0];
      faults.add(`${where}: ${name ?? 'something like a digest'}`);
    },
  };
}
