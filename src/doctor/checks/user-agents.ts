/**
 * The check `user-agents`: may Resurs come as what it is? It calls under two user agents because hosts block those that name Java
 * (docs/protocol.md), so one that gets through does not make up for the other.
 */
import { type Finding, fail, pass } from '../check.ts';
import { type ProbeResult, sendProbe } from '../probe/http.ts';
import type { Internet } from '../probe/internet.ts';
import { blockedBy } from '../probe/interpret.ts';
import { findSite } from '../probe/site.ts';
import {
  BROWSER_USER_AGENT,
  JAVA_USER_AGENT,
  plainTest,
  registrationTimeNow,
  testRequest,
} from '../probe/test-request.ts';
import type { CallbackPathInput } from './callback-path.ts';

/** The check. Rejects only with the reason of `signal`. */
export async function checkUserAgents(
  { config, nowMs }: CallbackPathInput,
  outside: Internet,
  signal: AbortSignal,
): Promise<Finding> {
  const found = await findSite(config, outside, signal);
  if (found.outcome === 'hidden') return found.finding;

  const { doors, callbackUrl } = found.site;
  const plain = plainTest(config);
  const askAs = (userAgent: string): Promise<ProbeResult> => {
    return sendProbe(doors[0], testRequest(callbackUrl, registrationTimeNow(nowMs), { ...plain, userAgent }), signal);
  };
  const [java, browser] = await Promise.all([askAs(JAVA_USER_AGENT), askAs(BROWSER_USER_AGENT)]);

  const asked = { method: 'GET', callbackUrl, hasCredentials: plain.authorization !== null } as const;
  const javaTrouble = blockedBy(java, asked);
  const browserTrouble = blockedBy(browser, asked);
  if (browserTrouble === null && isBlocked(java)) return blocked('Java', java);
  if (javaTrouble === null && isBlocked(browser)) return blocked('a browser', browser);
  return browserTrouble ?? javaTrouble ?? pass(PASSED);
}

const PASSED = 'user agents of Java and of browsers are let through';

/** Told from a receiver that says no: something on the way answered, or nobody. */
function isBlocked(reply: ProbeResult): boolean {
  return reply.outcome === 'answered' ? reply.receiver === null : reply.outcome !== 'not_connected';
}

function blocked(who: string, reply: ProbeResult): Finding {
  const how = reply.outcome === 'answered' ? `answered ${reply.status} by something on the way` : 'cut off';
  return fail(
    `A user agent of ${who} is blocked (${how}), while the same request passes under another.`,
    'Let every user agent through on the callback path: Resurs comes as Java and as a browser.',
  );
}
