/**
 * Runs checks side by side and ends every one: with its finding, or with a failure when it did not finish in time. One
 * deadline covers all of them, so that an operator never waits for a hanging server.
 */
import { abortable } from '../lib/abortable.ts';
import { CHECK_NAMES, type CheckName, type Finding, fail } from './check.ts';
import { checkAuthorization } from './checks/authorization.ts';
import { checkCallbackPath } from './checks/callback-path.ts';
import { checkCertificate } from './checks/certificate.ts';
import { checkClock, checkDatabase, checkDurability, checkSchema } from './checks/database.ts';
import { checkDigestRefusals } from './checks/digest-refusals.ts';
import { checkDns } from './checks/dns.ts';
import { checkEscapes } from './checks/escapes.ts';
import { checkMapiCredentials, checkMapiPayment, checkMapiStore } from './checks/mapi-account.ts';
import { checkMapiTestCallback } from './checks/mapi-test-callback.ts';
import { checkMapiToken } from './checks/mapi-token.ts';
import { checkMapiUrls } from './checks/mapi-urls.ts';
import { checkPreviousSecrets } from './checks/previous-secrets.ts';
import { checkPublicUrl } from './checks/public-url.ts';
import { checkRegistrations, checkTestCallback } from './checks/resurs.ts';
import { checkConfiguration, checkSalts } from './checks/settings.ts';
import { checkSources } from './checks/sources.ts';
import { checkTls } from './checks/tls.ts';
import { checkUserAgents } from './checks/user-agents.ts';
import { checkWebhook } from './checks/webhook.ts';
import type { CheckContext } from './context.ts';

/** The finding of one check, with its name. */
export interface CheckResult extends Finding {
  readonly name: CheckName;
}

/** One check. It is independent of the others and rejects only with the reason of `signal`. */
export type Check = (context: CheckContext, signal: AbortSignal) => Promise<Finding>;

/** Below the twenty seconds that a whole run may take; starting and closing take the rest. */
const DEADLINE_MS = 17_000;

/** All checks, in the order of CHECK_NAMES. Those from `public-url` to `sources` take 9 s at most. */
export const CHECKS: Readonly<Record<CheckName, Check>> = {
  configuration: checkConfiguration,
  salts: checkSalts,
  database: checkDatabase,
  schema: checkSchema,
  durability: checkDurability,
  clock: checkClock,
  'public-url': checkPublicUrl,
  dns: checkDns,
  tls: checkTls,
  certificate: checkCertificate,
  'callback-path': checkCallbackPath,
  'user-agents': checkUserAgents,
  escapes: checkEscapes,
  authorization: checkAuthorization,
  sources: checkSources,
  webhook: checkWebhook,
  registrations: checkRegistrations,
  'test-callback': checkTestCallback,
  'digest-refusals': checkDigestRefusals,
  'previous-secrets': checkPreviousSecrets,
  'mapi-token': checkMapiToken,
  'mapi-urls': checkMapiUrls,
  'mapi-credentials': checkMapiCredentials,
  'mapi-store': checkMapiStore,
  'mapi-payment': checkMapiPayment,
  'mapi-test-callback': checkMapiTestCallback,
};

/** Returns the findings of the named checks, in the order of CHECK_NAMES. Throws only when `signal` ends it. */
export async function runChecks(
  context: CheckContext,
  names: readonly CheckName[],
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  const either = AbortSignal.any([deadline, signal]);
  const selected = CHECK_NAMES.filter((name) => names.includes(name));
  const findings = await Promise.all(
    selected.map(async (name) => ({ name, ...(await runCheck(CHECKS[name], context, { either, deadline })) })),
  );
  signal.throwIfAborted();
  return findings;
}

async function runCheck(
  check: Check,
  context: CheckContext,
  { either, deadline }: { readonly either: AbortSignal; readonly deadline: AbortSignal },
): Promise<Finding> {
  try {
    return await abortable(check(context, either), either);
  } catch (error) {
    if (!either.aborted) throw error;
    const reason = deadline.aborted ? `No result within ${DEADLINE_MS / 1000} s.` : 'Stopped on request.';
    return fail(reason, 'A server on the path hangs: run this check alone with --only to find it.');
  }
}
