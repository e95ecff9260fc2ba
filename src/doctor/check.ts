/**
 * What a check of `doctor` is and says. A check never throws for what it finds: whatever is wrong out there is its finding. One
 * that could not look says so as a warning or a failure and never passes: silence would be taken for health.
 */

/** All checks, in the order in which a callback would meet what they look at. */
export const CHECK_NAMES = [
  'configuration',
  'salts',
  'database',
  'schema',
  'durability',
  'clock',
  'public-url',
  'dns',
  'tls',
  'certificate',
  'callback-path',
  'user-agents',
  'escapes',
  'authorization',
  'sources',
  'webhook',
  'registrations',
  'test-callback',
] as const;

/** The name of a check, as `--only` takes it. */
export type CheckName = (typeof CHECK_NAMES)[number];

/** `warn`: it works, or could not be looked at, and somebody should look; `fail`: callbacks are or will be lost. */
export type CheckStatus = 'pass' | 'warn' | 'fail';

/** What one check found. */
export interface Finding {
  readonly status: CheckStatus;
  /** One line: what is so. No secret, no digest. */
  readonly reason: string;
  /** One line: what to do; null when there is nothing to do. */
  readonly fix: string | null;
}

/** All is well. */
export function pass(reason: string): Finding {
  return { status: 'pass', reason, fix: null };
}

/** Somebody should look. */
export function warn(reason: string, fix: string): Finding {
  return { status: 'warn', reason, fix };
}

/** Callbacks are or will be lost. */
export function fail(reason: string, fix: string): Finding {
  return { status: 'fail', reason, fix };
}

/** For a check that cannot look before another one passes: said as a failure, or silence would be taken for health. */
export function skip(why: string, see: CheckName): Finding {
  return fail(`Not looked at: ${why}; see ${see}.`, `First repair what ${see} reports.`);
}

/** The first of the worst ones: for a check that looks at several things. Throws for none. */
export function worst(findings: readonly Finding[]): Finding {
  const worst = STATUSES_WORST_FIRST.flatMap((status) => findings.filter((finding) => finding.status === status))[0];
  if (worst === undefined) throw new TypeError('nothing was found, which is no finding');
  return worst;
}

const STATUSES_WORST_FIRST = ['fail', 'warn', 'pass'] as const;
