/**
 * The check `user-agents`: both user agents of Resurs get through. Resurs uses two because hosts block those that name
 * Java (docs/protocol.md), so one that gets through does not make up for the other.
 */
import { type Finding, fail, pass } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { isEcomUsed, NO_ECOM } from '../ecom-use.ts';
import type { ProbeResult } from '../probe/http.ts';
import { blockedBy } from '../probe/interpret.ts';
import { onSite } from '../probe/site.ts';
import { BROWSER_USER_AGENT, JAVA_USER_AGENT } from '../probe/test-request.ts';

/** Sends one TEST under each user agent. Rejects only with the reason of `signal`. */
export async function checkUserAgents(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  if (!(await isEcomUsed(context))) return NO_ECOM;
  return onSite(context, signal, async ({ sendTest, info }) => {
    const [java, browser] = await Promise.all([
      sendTest({ userAgent: JAVA_USER_AGENT }),
      sendTest({ userAgent: BROWSER_USER_AGENT }),
    ]);
    const javaFailure = blockedBy(java, info);
    const browserFailure = blockedBy(browser, info);
    if (browserFailure === null && isBlocked(java)) return blocked('Java', java);
    if (javaFailure === null && isBlocked(browser)) return blocked('a browser', browser);
    return browserFailure ?? javaFailure ?? pass('the user agents of Java and of browsers are let through');
  });
}

/**
 * Tells a block from a refusal by the receiver: another server responded, or the connection ended without a response.
 */
function isBlocked(result: ProbeResult): boolean {
  return result.outcome === 'answered' ? result.receiver === null : result.outcome !== 'not_connected';
}

function blocked(client: string, result: ProbeResult): Finding {
  const how = result.outcome === 'answered' ? `${result.status} from another server` : 'no response';
  return fail(
    `The user agent of ${client} is blocked (${how}), while the same request passes under the other one.`,
    'Let every user agent through on the callback path: Resurs calls as Java and as a browser.',
  );
}
