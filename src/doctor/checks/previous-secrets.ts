/**
 * The check `previous-secrets`: whether each `…_PREVIOUS` is still needed, so that a rotation ends. Only the merchant
 * knows which of two signatures it verifies: a ping that is signed with the new secret alone asks it.
 */
import { findSaltStates } from '../../registrations/salt-state.ts';
import { configuredSecrets, previousName, type SecretPair } from '../../secrets/configured-secrets.ts';
import { createFingerprints } from '../../secrets/fingerprint.ts';
import { listSecretUses, type PreviousUse } from '../../secrets/secret-use-rows.ts';
import { type Finding, pass, skip, warn } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { sendPing } from './webhook.ts';

/** How long a previous secret has to be unused until it can go. */
interface Unused {
  readonly ms: number;
  /** As a text. */
  readonly time: string;
}

/** Resurs retries a callback for 36 h, with the digest and credentials of its first try. */
const AFTER_RETRIES: Unused = { ms: 37 * 3_600_000, time: '37 hours' };
/** Payments of the Merchant API keep the URLs that they were created with: a refund may come months later. */
const AFTER_PAYMENTS: Unused = { ms: 180 * 86_400_000, time: '180 days' };

/** Reads the uses that the running services write once a minute. Rejects only with the reason of `signal`. */
export async function checkPreviousSecrets(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const pairs = configuredSecrets(context.config).filter(({ previous }) => previous !== null);
  if (pairs.length === 0) return pass('no previous secret is set');
  if (context.database === null) return skip('there is no database', 'database');

  const verdicts: Verdict[] = [];
  try {
    verdicts.push(...(await verdictsByUse(context, pairs.filter(isUsedByOthers))));
  } catch {
    signal.throwIfAborted();
    return skip('the uses cannot be read', 'database');
  }
  if (pairs.some((pair) => !isUsedByOthers(pair))) verdicts.push(await verdictOfMerchant(context, signal));

  const removable = verdicts.filter(({ isRemovable }) => isRemovable);
  const reason = `${verdicts.map(({ text }) => text).join('; ')}.`;
  if (removable.length === 0) return pass(reason);
  return warn(reason, `Remove ${removable.map(({ name }) => name).join(', ')} and restart the service.`);
}

interface Verdict {
  readonly name: string;
  readonly isRemovable: boolean;
  /** Completes a sentence. */
  readonly text: string;
}

function isUsedByOthers({ current }: SecretPair): boolean {
  return current.kind !== 'webhook_secret';
}

async function verdictsByUse(
  { database, config, clock }: CheckContext,
  pairs: readonly SecretPair[],
): Promise<Verdict[]> {
  if (database === null || pairs.length === 0) return [];
  const fingerprints = createFingerprints(database.db);
  const nowMs = clock.now();
  const states = await findSaltStates(database.db, { config, fingerprints, nowMs });
  const uses = await listSecretUses(database.db, { pairs, fingerprints });
  return uses.flatMap(({ previous }, place) => {
    if (previous === null) return [];
    const needs = pairs[place]?.current.kind === 'mapi_token' ? AFTER_PAYMENTS : AFTER_RETRIES;
    const older = states.filter(({ state }) => state.outcome === 'older' && state.settings.includes(previous.name));
    return [verdictByUse(previous, { types: older.map(({ type }) => type), needs }, nowMs)];
  });
}

function verdictByUse(
  { name, lastUsedAt, unusedSince }: PreviousUse,
  { types, needs }: { readonly types: readonly string[]; readonly needs: Unused },
  nowMs: number,
): Verdict {
  if (types.length > 0)
    return needed(name, `${types.join(', ')} ${types.length === 1 ? 'is' : 'are'} still registered with it`);
  if (unusedSince === null) return needed(name, 'no running service has recorded it yet');

  const isRemovable = nowMs - unusedSince.getTime() >= needs.ms;
  const since = lastUsedAt !== null && lastUsedAt >= unusedSince ? 'last used' : 'not used since';
  const text = `${since} ${unusedSince.toISOString().slice(0, 16)}Z`;
  return isRemovable
    ? { name, isRemovable, text: `${name} can go: ${text}` }
    : needed(name, `${text}, which is less than ${needs.time} ago`);
}

async function verdictOfMerchant(context: CheckContext, signal: AbortSignal): Promise<Verdict> {
  const name = previousName('WEBHOOK_SECRET');
  const config = { ...context.config, WEBHOOK_SECRET_PREVIOUS: null };
  const result = await sendPing({ ...context, config }, signal);
  if (result === null) return needed(name, 'WEBHOOK_URL is not set');
  if (result.outcome !== 'accepted') {
    return needed(
      name,
      `the merchant did not accept the new signature alone (${result.status ?? result.error ?? result.outcome})`,
    );
  }
  return {
    name,
    isRemovable: true,
    text: `${name} can go: the merchant accepts the signature of WEBHOOK_SECRET alone`,
  };
}

function needed(name: string, why: string): Verdict {
  return { name, isRemovable: false, text: `${name} is needed: ${why}` };
}
