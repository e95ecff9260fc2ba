/**
 * The check `escapes`: do the characters of an order's reference arrive as they were sent? A proxy that decodes the URL and writes
 * it anew makes the digest wrong for some orders only, which nobody notices on a quiet day. A signed TEST proves it, because
 * the receiver takes it only if every character arrived; a plain one and a forged one beside it tell a changed URL from
 * another key, and a digest that was checked from one that was lost on the way.
 */
import { abortable } from '../../lib/abortable.ts';
import type { DigestSettings } from '../../protocol/ecom/salts.ts';
import type { UrlForm } from '../../protocol/ecom/url-template.ts';
import { callbackCredentials } from '../../registrations/desired.ts';
import { isStoredWithoutProof } from '../../registrations/round-trip.ts';
import { type Finding, warn } from '../check.ts';
import { sendProbe } from '../probe/http.ts';
import type { Internet } from '../probe/internet.ts';
import { type Signer, signerFor } from '../probe/signer.ts';
import { findSite, type Site } from '../probe/site.ts';
import { plainTest, registrationTimeNow, testRequest } from '../probe/test-request.ts';
import type { CallbackPathInput } from './callback-path.ts';
import { type EscapesOutcome, interpretEscapes, type ProbeOutcome } from './escapes-verdict.ts';

export interface EscapesInput extends CallbackPathInput {
  readonly config: CallbackPathInput['config'] & DigestSettings;
  /** Makes each run a fact of its own: letters and digits. */
  readonly random: string;
  /**
   * Whether a TEST with these five values is stored; null, or an error, when that cannot be told. Asked only when nothing can
   * sign. Null instead of a function: there is nobody to ask.
   */
  readonly hasArrived: ((values: readonly string[]) => Promise<boolean | null>) | null;
}

/** The check. Rejects only with the reason of `signal`. */
export async function checkEscapes(input: EscapesInput, outside: Internet, signal: AbortSignal): Promise<Finding> {
  const { config, nowMs } = input;
  const found = await findSite(config, outside, signal);
  if (found.outcome === 'hidden') return found.finding;

  const sign = signerFor(config, registrationTimeNow(nowMs));
  if (sign === null && !(isStoredWithoutProof(config) && input.hasArrived !== null)) return UNPROVABLE;

  const { callbackUrl } = found.site;
  const seen = await sendAll({ input, site: found.site, sign }, signal);
  return interpretEscapes(seen, { method: 'GET', callbackUrl, hasCredentials: callbackCredentials(config) !== null });
}

const UNPROVABLE = warn(
  'Whether all characters arrive unchanged cannot be proven without a digest.',
  'Set DIGEST_KEY, or DIGEST_SALT_TEST for this alone.',
);

interface Sending {
  readonly input: EscapesInput;
  readonly site: Site;
  readonly sign: Signer | null;
}

/** All at the same time. The path form is of no use below `/`, where the receiver takes the query form only. */
async function sendAll(sending: Sending, signal: AbortSignal): Promise<EscapesOutcome> {
  const { input, site, sign } = sending;
  const { random } = input;
  const hasPathForm = new URL(site.callbackUrl).pathname !== '/';
  const [plain, odd, pairs, forged] = await Promise.all([
    send(sending, { values: ['doctor', `${random}-plain`, '3', '4', '5'], form: 'query' }, signal),
    send(sending, { values: specialCharacters(`${random}-query`), form: 'query' }, signal),
    hasPathForm ? send(sending, { values: specialCharacters(`${random}-path`), form: 'pairs' }, signal) : null,
    sign === null ? null : send({ ...sending, sign: wrongSigner(sign) }, { values: FORGED, form: 'query' }, signal),
  ]);
  return { plain, odd, pairs, forged, isSigned: sign !== null };
}

const FORGED = ['doctor', 'forged', '3', '4', '5'];

/** What URLs and proxies stumble over. Of these, Resurs allows letters, digits and ` ._/-` in a reference (its SOAP schema). */
function specialCharacters(unique: string): string[] {
  return ['å/%2F+ &=é%25', unique, '"a\'b":c;d', 'a//b', 'Ö 1.0_2-3/4'];
}

/** Right in form, over something else. */
function wrongSigner(sign: Signer): Signer {
  return () => sign(['something else']);
}

interface Values {
  readonly values: readonly string[];
  readonly form: UrlForm;
}

async function send(
  { input, site, sign }: Sending,
  { values, form }: Values,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const { config, nowMs, hasArrived } = input;
  const digest = sign === null ? null : sign(values);
  const question = testRequest(site.callbackUrl, registrationTimeNow(nowMs), {
    ...plainTest(config),
    values,
    form,
    digest,
  });
  const reply = await sendProbe(site.doors[0], question, signal);
  const isTaken = reply.outcome === 'answered' && reply.receiver?.status === '204';
  if (!isTaken || sign !== null || hasArrived === null) return { reply, isStored: isTaken };
  return { reply, isStored: await unknownAsNull(hasArrived(values), signal) };
}

/** Null when it cannot be told. Rejects only with the reason of `signal`. */
async function unknownAsNull(told: Promise<boolean | null>, signal: AbortSignal): Promise<boolean | null> {
  try {
    return await abortable(told, signal);
  } catch {
    signal.throwIfAborted();
    return null;
  }
}
