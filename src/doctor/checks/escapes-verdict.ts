/** What the answers to the TEST callbacks of `escapes` say together. */
import { type Finding, fail, pass, warn } from '../check.ts';
import type { ProbeResult } from '../probe/http.ts';
import { blockedBy } from '../probe/interpret.ts';
import type { ProbeInfo } from '../probe/test-request.ts';

/** One TEST and what became of it. */
export interface ProbeOutcome {
  readonly reply: ProbeResult;
  /** Whether it was taken with the values that were sent; null when that cannot be told. */
  readonly isStored: boolean | null;
}

export interface EscapesOutcome {
  readonly plain: ProbeOutcome;
  /** Odd characters in the query, the form that is registered. */
  readonly odd: ProbeOutcome;
  /** The same in the path; null when there is no such form. */
  readonly pairs: ProbeOutcome | null;
  /** A wrong digest; null when nothing was signed. */
  readonly forged: ProbeOutcome | null;
  readonly isSigned: boolean;
}

/** Looks at the plain one first: what fails there has nothing to do with characters. */
export function interpretEscapes({ plain, odd, pairs, forged, isSigned }: EscapesOutcome, asked: ProbeInfo): Finding {
  if (statusOf(plain.reply) === 406) return OTHER_KEY;
  const obstacle = blockedBy(plain.reply, asked);
  if (obstacle !== null) return obstacle;
  if (plain.isStored === null || odd.isStored === null) return NOBODY_TELLS;
  if (!plain.isStored) return ELSEWHERE;
  if (forged?.isStored === true) return DIGEST_IGNORED;

  if (!odd.isStored) {
    const oddObstacle = blockedBy(odd.reply, asked);
    return oddObstacle?.status === 'warn' ? oddObstacle : changed(odd.reply);
  }
  if (pairs?.isStored === false) return CHANGED_IN_PATH;
  const how = isSigned ? 'the digest over odd characters is right' : 'odd characters are stored as they were sent';
  return pass(`escapes survive the way: ${how}`);
}

/** The receiver's own. */
function statusOf(reply: ProbeResult): number | null {
  return reply.outcome === 'answered' && reply.receiver !== null ? reply.status : null;
}

function changed(reply: ProbeResult): Finding {
  const status = statusOf(reply);
  if (status !== null) {
    const how = status === 204 ? 'stores other characters than were sent' : `answers odd characters with ${status}`;
    return fail(
      `Escapes are changed on the way: the receiver takes plain values, but ${how}.`,
      'Let the proxy pass on the URL as it came, neither decoded nor normalised (nginx: proxy_pass without a path; Apache: nocanon).',
    );
  }
  const how = reply.outcome === 'answered' ? `answered ${reply.status}` : 'cut off';
  return fail(
    `Odd characters do not get through: ${how} by something on the way, which lets plain values pass.`,
    'Make an exception for the callback path in the firewall of the web server: references may hold any letters and slashes.',
  );
}

const OTHER_KEY = fail(
  'The receiver refuses even a plain TEST that is signed with this configuration (406).',
  'Give the running service the DIGEST_KEY or salt of this configuration, and restart it.',
);

const ELSEWHERE = warn(
  'A TEST was taken, but is not in the database of this configuration: escapes cannot be proven.',
  'Run doctor with the DATABASE_URL of the running service, or set DIGEST_KEY.',
);

const NOBODY_TELLS = warn(
  'A TEST was taken unsigned, and no database tells what arrived of it: escapes cannot be proven.',
  'Set DIGEST_KEY, or run doctor where it reaches the DATABASE_URL of the running service.',
);

const DIGEST_IGNORED = fail(
  'A TEST with a wrong digest is taken: the digest is lost on the way, or the running service has neither key nor salt.',
  'Let the proxy pass on the whole query string, and restart the service with DIGEST_KEY or salts.',
);

const CHANGED_IN_PATH = warn(
  'Escapes survive in the query, which register uses, but not in the path (/test/param1/…).',
  'Where URLs with the reference in the path are registered, let the proxy pass on the path as it came.',
);
