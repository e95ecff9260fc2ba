/**
 * The check `user-agents`: may Resurs come as what it is? It calls under two user agents because hosts block those that name Java
 * (docs/protocol.md), so one that gets through does not make up for the other.
 */
import type { CallbackPathInput } from './callback-path.ts';
import { type Finding, fail, pass } from './check.ts';
import type { Outside } from './outside.ts';
import { ask, type Reply } from './probe.ts';
import { BROWSER, JAVA, plainTest, questionFor, registeredNow } from './question.ts';
import { obstacleOf } from './replies.ts';
import { findSite } from './site.ts';

/** The check. Rejects only with the reason of `signal`. */
export async function checkUserAgents(
  { config, nowMs }: CallbackPathInput,
  outside: Outside,
  signal: AbortSignal,
): Promise<Finding> {
  const found = await findSite(config, outside, signal);
  if (found.outcome === 'hidden') return found.finding;

  const { doors, callbackUrl } = found.site;
  const plain = plainTest(config);
  const askAs = (userAgent: string): Promise<Reply> => {
    return ask(doors[0], questionFor(callbackUrl, registeredNow(nowMs), { ...plain, userAgent }), signal);
  };
  const [java, browser] = await Promise.all([askAs(JAVA), askAs(BROWSER)]);

  const asked = { method: 'GET', callbackUrl, hasCredentials: plain.authorization !== null } as const;
  const javaTrouble = obstacleOf(java, asked);
  const browserTrouble = obstacleOf(browser, asked);
  if (browserTrouble === null && isBlocked(java)) return blocked('Java', java);
  if (javaTrouble === null && isBlocked(browser)) return blocked('a browser', browser);
  return browserTrouble ?? javaTrouble ?? pass(PASSED);
}

const PASSED = 'user agents of Java and of browsers are let through';

/** Told from a receiver that says no: something on the way answered, or nobody. */
function isBlocked(reply: Reply): boolean {
  return reply.outcome === 'answered' ? reply.receiver === null : reply.outcome !== 'not_connected';
}

function blocked(who: string, reply: Reply): Finding {
  const how = reply.outcome === 'answered' ? `answered ${reply.status} by something on the way` : 'cut off';
  return fail(
    `A user agent of ${who} is blocked (${how}), while the same request passes under another.`,
    'Let every user agent through on the callback path: Resurs comes as Java and as a browser.',
  );
}
