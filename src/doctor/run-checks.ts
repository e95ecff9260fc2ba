/**
 * Runs checks side by side and gives every one an ending: what a check found, or that it did not come to an end in time. One
 * deadline stands over all of them, so that an operator never waits for a hanging server to give up.
 */
import { testPaymentKeyOf } from '../events/payment-key.ts';
import { findPaymentEvents } from '../events/queries.ts';
import { abortable } from '../lib/abortable.ts';
import { CHECK_NAMES, type CheckName, type Finding, fail } from './check.ts';
import { checkClock, checkDatabase, checkDurability, checkSchema } from './checks/database.ts';
import { checkRegistrations, checkTestCallback } from './checks/resurs.ts';
import { checkConfiguration, checkSalts } from './checks/settings.ts';
import { checkWebhook } from './checks/webhook.ts';
import type { CheckContext } from './context.ts';
import { NETWORK_CHECKS, type NetworkCheck, type NetworkInput } from './network-checks.ts';

/** The finding of one check, with its name. */
export interface CheckResult extends Finding {
  readonly name: CheckName;
}

type Check = (context: CheckContext, signal: AbortSignal) => Promise<Finding>;

/** Below the twenty seconds that a whole run may take; starting and closing take the rest. */
const DEADLINE_MS = 17_000;

const RANDOM_BYTES = 8;

const CHECKS: Readonly<Record<CheckName, Check>> = {
  configuration: checkConfiguration,
  salts: checkSalts,
  database: checkDatabase,
  schema: checkSchema,
  durability: checkDurability,
  clock: checkClock,
  ...networkChecks(),
  webhook: checkWebhook,
  registrations: checkRegistrations,
  'test-callback': checkTestCallback,
};

/** The findings of the named checks, in the usual order. Throws only when `signal` ends it. */
export async function runChecks(
  context: CheckContext,
  names: readonly CheckName[],
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const over = AbortSignal.any([deadline, signal]);
  const chosen = CHECK_NAMES.filter((name) => names.includes(name));
  const findings = await Promise.all(
    chosen.map(async (name) => ({ name, ...(await runCheck(CHECKS[name], context, { over, deadline })) })),
  );
  signal.throwIfAborted();
  return findings;
}

async function runCheck(
  check: Check,
  context: CheckContext,
  { over, deadline }: { readonly over: AbortSignal; readonly deadline: AbortSignal },
): Promise<Finding> {
  try {
    return await abortable(check(context, over), over);
  } catch (error) {
    if (!over.aborted) throw error;
    const reason = deadline.aborted ? `No result within ${DEADLINE_MS / 1000} s.` : 'Stopped on request.';
    return fail(reason, 'Something on the way hangs: run this check alone with --only.');
  }
}

type NetworkName = keyof typeof NETWORK_CHECKS;

function networkChecks(): Readonly<Record<NetworkName, Check>> {
  const adapt =
    (check: NetworkCheck): Check =>
    (context, signal) =>
      check(networkInputOf(context), context.outside, signal);
  const checks = Object.entries(NETWORK_CHECKS).map(([name, check]) => [name, adapt(check)]);
  // The names are those of NETWORK_CHECKS, which the compiler cannot follow through fromEntries.
  return Object.fromEntries(checks) as Record<NetworkName, Check>;
}

function networkInputOf({ config, clock, randomBytes, database }: CheckContext): NetworkInput {
  return {
    config,
    nowMs: clock.now(),
    random: randomBytes(RANDOM_BYTES).toString('hex'),
    hasArrived: async (values) => {
      if (database === null) return null;
      const events = await findPaymentEvents(database.db, testPaymentKeyOf(values)).catch(() => null);
      return events === null ? null : events.length > 0;
    },
  };
}
