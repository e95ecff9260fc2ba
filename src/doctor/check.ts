/**
 * The names of all checks, and what one returns. A check never throws for a problem that it finds: the problem is its
 * finding. A check that could not run is skipped and never passes, so that silence is not mistaken for health.
 */

/** All checks, in the order in which a callback meets what they test; then those of the Merchant API. */
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
  'digest-refusals',
  'previous-secrets',
  'mapi-token',
  'mapi-urls',
  'mapi-credentials',
  'mapi-store',
  'mapi-payment',
  'mapi-test-callback',
] as const;

/** The name of a check, as `--only` accepts it. */
export type CheckName = (typeof CHECK_NAMES)[number];

/**
 * `warn`: it works, and needs attention; `fail`: callbacks are or will be lost; `skip`: it was not looked at, so nothing
 * is known.
 */
export type CheckStatus = 'pass' | 'warn' | 'fail' | 'skip';

/** The result of one check. */
export interface Finding {
  readonly status: CheckStatus;
  /** One line: what is so. No secret, no digest. */
  readonly reason: string;
  /** One line: what to do; null when there is nothing to do. */
  readonly fix: string | null;
}

/** Reports that nothing has to be done. */
export function pass(reason: string): Finding {
  return { status: 'pass', reason, fix: null };
}

/** Reports something that needs attention. */
export function warn(reason: string, fix: string): Finding {
  return { status: 'warn', reason, fix };
}

/** Reports that callbacks are or will be lost. */
export function fail(reason: string, fix: string): Finding {
  return { status: 'fail', reason, fix };
}

/** Reports that a check needs another one to pass first. */
export function skip(why: string, see: CheckName): Finding {
  return notLookedAt(`${why}; see ${see}.`, `First fix what ${see} reports.`);
}

/** Reports that something could not be looked at, for a reason that no other check finds. */
export function notLookedAt(why: string, fix: string): Finding {
  return { status: 'skip', reason: `Skipped: ${why}`, fix };
}

/** Reports that a part of the receiver is not in use, so that there is nothing to look at and nothing to do. */
export function notUsed(why: string): Finding {
  return { status: 'skip', reason: `Skipped: ${why}`, fix: null };
}

/** Returns the first finding of the worst status, for a check that tests several things. Throws for an empty list. */
export function worst(findings: readonly Finding[]): Finding {
  const worst = STATUSES_WORST_FIRST.flatMap((status) => findings.filter((finding) => finding.status === status))[0];
  if (worst === undefined) throw new TypeError('a check returned no finding');
  return worst;
}

const STATUSES_WORST_FIRST = ['fail', 'warn', 'skip', 'pass'] as const;
