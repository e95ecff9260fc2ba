/**
 * The check `escapes`: the characters of an order's reference arrive as they were sent. A proxy that decodes and
 * re-encodes the URL breaks the digest of some orders only, which goes unnoticed on a quiet day. A signed TEST proves
 * it, because the receiver accepts it only if every character arrived. A plain TEST tells a changed URL from another
 * key. A TEST with a wrong digest tells a verified digest from one that was lost in transit.
 */
import { testPaymentKeyOf } from '../../events/payment-key.ts';
import { findPaymentEvents } from '../../events/queries.ts';
import { abortable } from '../../lib/abortable.ts';
import type { UrlForm } from '../../protocol/ecom/url-template.ts';
import { storesUnsignedTests } from '../../registrations/round-trip.ts';
import { type Finding, notLookedAt } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { isEcomUsed, NO_ECOM } from '../ecom-use.ts';
import { onSite, type Site } from '../probe/site.ts';
import { type Signer, signerFor } from '../probe/test-request.ts';
import { type EscapesOutcome, interpretEscapes, type ProbeOutcome } from './escapes-verdict.ts';

const RANDOM_BYTES = 8;

/** Sends up to four TEST callbacks. Rejects only with the reason of `signal`. */
export async function checkEscapes(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  if (!(await isEcomUsed(context))) return NO_ECOM;
  return onSite(context, signal, async (site) => {
    const sign = signerFor(context.config, site.registeredAt);
    if (sign === null && !storesUnsignedTests(context.config)) return NOT_PROVABLE;
    return interpretEscapes(await sendAll({ context, site, sign, signal }), site.info);
  });
}

const NOT_PROVABLE = notLookedAt(
  'without a digest, nothing can prove that all characters arrive unchanged.',
  'Set DIGEST_KEY, or DIGEST_SALT_TEST for this check alone.',
);

interface SendOptions {
  readonly context: CheckContext;
  readonly site: Site;
  readonly sign: Signer | null;
  readonly signal: AbortSignal;
}

/** Sends all at the same time. The path form is left out below `/`, where the receiver accepts the query form only. */
async function sendAll(options: SendOptions): Promise<EscapesOutcome> {
  const { context, site, sign } = options;
  // Makes each run an event of its own.
  const random = context.randomBytes(RANDOM_BYTES).toString('hex');
  const hasPathForm = new URL(site.callbackUrl).pathname !== '/';
  const [plain, special, inPath, forged] = await Promise.all([
    send(options, ['doctor', `${random}-plain`, '3', '4', '5'], 'query'),
    send(options, specialCharacters(`${random}-query`), 'query'),
    hasPathForm ? send(options, specialCharacters(`${random}-path`), 'pairs') : null,
    sign === null ? null : send({ ...options, sign: wrongSigner(sign) }, FORGED, 'query'),
  ]);
  return { plain, special, inPath, forged, isSigned: sign !== null };
}

const FORGED = ['doctor', 'forged', '3', '4', '5'];

/**
 * Characters that break URLs and proxies. Of these, Resurs allows letters, digits and ` ._/-` in a reference (its SOAP
 * schema).
 */
function specialCharacters(unique: string): string[] {
  return ['å/%2F+ &=é%25', unique, '"a\'b":c;d', 'a//b', 'Ö 1.0_2-3/4'];
}

/** Signs other values: a digest of the right form that is wrong. */
function wrongSigner(sign: Signer): Signer {
  return () => sign(['something else']);
}

async function send(
  { context, site, sign, signal }: SendOptions,
  values: readonly string[],
  form: UrlForm,
): Promise<ProbeOutcome> {
  const result = await site.sendTest({ values, form, digest: sign === null ? null : sign(values) });
  const isAccepted = result.outcome === 'answered' && result.receiver?.status === '204';
  if (!isAccepted || sign !== null) return { result, isStored: isAccepted };
  return { result, isStored: await isStored(context, values, signal) };
}

/** Whether a TEST with these values is stored; null when that is unknown. Rejects only with the reason of `signal`. */
async function isStored(
  { database }: CheckContext,
  values: readonly string[],
  signal: AbortSignal,
): Promise<boolean | null> {
  if (database === null) return null;
  try {
    const events = await abortable(findPaymentEvents(database.db, testPaymentKeyOf(values)), signal);
    return events.length > 0;
  } catch {
    signal.throwIfAborted();
    return null;
  }
}
