/** Interprets the responses to the TEST callbacks of `escapes` together. */
import { type Finding, fail, pass, warn } from '../check.ts';
import type { ProbeResult } from '../probe/http.ts';
import { blockedBy, explainFailure } from '../probe/interpret.ts';
import type { ProbeInfo } from '../probe/test-request.ts';

/** The result of one TEST. */
export interface ProbeOutcome {
  readonly result: ProbeResult;
  /** Whether the receiver accepted it with the values that were sent; null when that is unknown. */
  readonly isStored: boolean | null;
}

export interface EscapesOutcome {
  readonly plain: ProbeOutcome;
  /** Special characters in the query, the form that is registered. */
  readonly special: ProbeOutcome;
  /** The same in the path; null when there is no such form. */
  readonly inPath: ProbeOutcome | null;
  /** A wrong digest; null when nothing was signed. */
  readonly forged: ProbeOutcome | null;
  readonly isSigned: boolean;
}

/** Interprets the plain TEST first: its failure has nothing to do with characters. */
export function interpretEscapes(
  { plain, special, inPath, forged, isSigned }: EscapesOutcome,
  info: ProbeInfo,
): Finding {
  if (receiverStatus(plain.result) === 406) return OTHER_KEY;
  const blocked = blockedBy(plain.result, info);
  if (blocked !== null) return blocked;
  if (plain.isStored === null || special.isStored === null) return NO_DATABASE;
  if (!plain.isStored) return OTHER_DATABASE;
  if (forged?.isStored === true) return DIGEST_IGNORED;

  if (!special.isStored) {
    // A receiver that is stopping says nothing about characters.
    const isTemporary = explainFailure(special.result, info)?.status === 'warn';
    return (isTemporary ? blockedBy(special.result, info) : null) ?? changed(special.result);
  }
  if (inPath?.isStored === false) return CHANGED_IN_PATH;
  const proof = isSigned ? 'the digest over special characters is right' : 'special characters are stored as sent';
  return pass(`escapes arrive unchanged: ${proof}`);
}

/** The status when the receiver itself responded, else null. */
function receiverStatus(result: ProbeResult): number | null {
  return result.outcome === 'answered' && result.receiver !== null ? result.status : null;
}

function changed(result: ProbeResult): Finding {
  const status = receiverStatus(result);
  if (status !== null) {
    const how = status === 204 ? 'stores other characters than were sent' : `responds ${status} to special characters`;
    return fail(
      `Escapes are changed in transit: the receiver accepts plain values, but ${how}.`,
      `Configure the proxy to pass on the URL unchanged, neither decoded nor normalised (${UNCHANGED_URL}).`,
    );
  }
  const how = result.outcome === 'answered' ? `${result.status} from another server` : 'no response';
  return fail(
    `Special characters do not get through (${how}), while plain values do.`,
    `Make an exception for the callback path in the firewall of the web server, and let the proxy pass on the URL unchanged (${UNCHANGED_URL}): references may hold any letters and slashes.`,
  );
}

/** Apache answers %2F with 404 by default, and decodes the URL on its way to a backend. */
const UNCHANGED_URL =
  'nginx: proxy_pass without a path; Apache: AllowEncodedSlashes NoDecode, and ProxyPass with nocanon';

const OTHER_KEY = fail(
  'The receiver refuses even a plain TEST that is signed with this configuration (406).',
  'Give the running service the DIGEST_KEY or salt of this configuration, and restart it.',
);

const OTHER_DATABASE = warn(
  'Escapes are not proven: the receiver accepted a TEST that is not in the database of this configuration.',
  'Run doctor with the DATABASE_URL of the running service, or set DIGEST_KEY.',
);

const NO_DATABASE = warn(
  'Escapes are not proven: the receiver accepted an unsigned TEST, and no database shows what was stored.',
  'Set DIGEST_KEY, or run doctor where it reaches the DATABASE_URL of the running service.',
);

const DIGEST_IGNORED = fail(
  'The receiver accepts a TEST with a wrong digest: the digest is lost in transit, or the running service has neither key nor salt.',
  'Configure the proxy to pass on the whole query string, and restart the service with DIGEST_KEY or salts.',
);

const CHANGED_IN_PATH = warn(
  'Escapes arrive unchanged in the query, which register uses, but not in the path (/test/param1/…).',
  `Where URLs with the reference in the path are registered, configure the proxy to pass on the path unchanged (${UNCHANGED_URL}).`,
);
