/** Advises the developer of a shop on its answers to sample events. Pure. */
import { CONFLICT, type SampleProblem, type SentSample } from './sample-verdict.ts';

/** Advises on an answer that usually has one reason; null for others. */
export function hintOf({ attempt, result: { outcome, status, error } }: SentSample): string | null {
  if (outcome === 'timed_out')
    return 'The answer has to be complete within WEBHOOK_TIMEOUT_MS: answer first, work then.';
  if (outcome === 'unreachable') return connectionHint(error ?? '');
  if (status === null) return null;
  if (status === CONFLICT && attempt === 1) return NEW_ID;
  if (isRedirect(status)) return 'A redirect is not followed: send to the URL that it leads to.';
  if (isUnauthorized(status)) return SIGNATURE;
  return status === 404 || status === 405 ? 'Is this the path of the endpoint, and does it take POST?' : null;
}

const NEW_ID = '409 says that the shop has this event already, but its webhook-id is new: compare the ids alone.';
const SIGNATURE = 'Has the shop the same WEBHOOK_SECRET, and does it verify the raw body?';

/** The words are those of the error codes of Node and OpenSSL. */
function connectionHint(error: string): string {
  if (/ALTNAME/.test(error)) return 'The certificate is for another name than the one in the URL.';
  if (/EXPIRED|NOT_YET_VALID/.test(error)) return 'The certificate, or one of its chain, is not valid at this time.';
  // An alert is sent by the other side: it refuses our certificate, or misses one.
  if (/_ALERT_/.test(error)) return 'Does the endpoint want a client certificate (WEBHOOK_CLIENT_CERT_FILE)?';
  if (/CERT|SIGNED|SIGNATURE|ISSUER/.test(error))
    return 'WEBHOOK_CA_FILE is for the authority of a private certificate.';
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH/.test(error)) return 'Does the endpoint speak https, or is the URL http?';
  return 'Does the endpoint run there?';
}

const REPAIRS: Readonly<Record<SampleProblem, string>> = {
  event:
    "Answer 2xx to every genuine event: one that is not accepted holds back the payment's later events, and may be lost in the end.",
  repeat: 'Answer 2xx (or 409) to an event whose webhook-id came before, and do nothing more.',
  ignorable: 'Answer 2xx as well to a type that the shop does not know or does not need, and do nothing more.',
};

/** Says how the shop should answer; null where the answer is right, or says nothing about what the shop does with events. */
export function repairOf({ problem, result: { status } }: SentSample): string | null {
  if (problem === null || status === null) return null;
  return isRedirect(status) || isUnauthorized(status) ? null : REPAIRS[problem];
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

function isUnauthorized(status: number): boolean {
  return status === 401 || status === 403;
}
