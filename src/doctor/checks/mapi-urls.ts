/**
 * The check `mapi-urls`: the URLs that payments name lead to this receiver through the public URL, by POST and without a
 * redirect; the token arrives, another one is refused, and escapes arrive as they were sent. It sends what the Merchant
 * API sends as a test, which is stored where a token is configured.
 */
import { findMapiTest } from '../../events/mapi-tests.ts';
import { abortable } from '../../lib/abortable.ts';
import { mapiCallbackUrls, withParameter } from '../../protocol/mapi/callback-urls.ts';
import { callbackUrl } from '../../registrations/desired.ts';
import { type Finding, fail, pass, warn, worst } from '../check.ts';
import type { CheckContext } from '../context.ts';
import type { ProbeResult } from '../probe/http.ts';
import { explainFailure } from '../probe/interpret.ts';
import { onSite, type Site } from '../probe/site.ts';
import { describeProbe, JAVA_USER_AGENT, type ProbeInfo } from '../probe/test-request.ts';
import type { Endpoint } from '../probe/tls.ts';
import { NO_MAPI_CALLBACKS } from './mapi-token.ts';

const RANDOM_BYTES = 8;
const NOT_FOUND = 404;
/** Characters that break URLs and proxies. */
const SPECIAL = 'å/%2F+ &=é%25"\'';

/** Sends a POST to every address, and two more to the first. Rejects only with the reason of `signal`. */
export async function checkMapiUrls(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const { MAPI_CALLBACK_PATHS: paths, MAPI_CALLBACK_TOKEN: token } = context.config;
  if (paths === null) return NO_MAPI_CALLBACKS;
  return onSite(context, signal, async (site) => {
    const target = callbackUrl(site.publicUrl, paths);
    const probes = { site, target, hasToken: token !== null };
    const urlWith = (value: string | null) => mapiCallbackUrls({ target, order: null, token: value }).authorization;
    const random = context.randomBytes(RANDOM_BYTES).toString('hex');
    const [plainValue, specialValue] = [`doctor-${random}`, `doctor-${random}-${SPECIAL}`];

    const reached = await Promise.all(
      site.endpoints.map((endpoint) => look(probes, withParameter(urlWith(token), 'test', plainValue), endpoint)),
    );
    const failed = reached.filter((finding) => finding.status !== 'pass');
    if (failed.length > 0) return worst(failed);
    if (token === null) return pass(`${target} leads to this receiver by POST; its URLs carry no token`);
    const [wrong, special] = await Promise.all([
      post(site, urlWith(random.repeat(2))),
      post(site, withParameter(urlWith(token), 'test', specialValue)),
    ]);
    if (isReceivers(wrong, 204)) return TOKEN_IGNORED;
    if (!isReceivers(wrong, 401)) return explain(wrong, infoOf(target)) ?? TOKEN_IGNORED;
    return escapesFinding({ context, target, special, values: { plainValue, specialValue } }, signal);
  });
}

interface Probes {
  readonly site: Site;
  readonly target: string;
  readonly hasToken: boolean;
}

async function look({ site, target, hasToken }: Probes, url: string, endpoint: Endpoint): Promise<Finding> {
  const result = await post(site, url, endpoint);
  const info = { ...infoOf(target), ...(site.endpoints.length > 1 ? { address: endpoint.address } : {}) };
  return explain(result, info, hasToken) ?? pass(`${target} leads to this receiver`);
}

function infoOf(target: string): ProbeInfo {
  return { method: 'POST', callbackUrl: target, hasCredentials: false };
}

/** Posts an empty object, which is a test. */
async function post(site: Site, url: string, endpoint?: Endpoint): Promise<ProbeResult> {
  const target = url.slice(new URL(url).origin.length);
  const headers = { 'user-agent': JAVA_USER_AGENT, 'content-type': 'application/json' };
  return site.send({ method: 'POST', target, headers, body: '{}' }, endpoint);
}

function isReceivers(result: ProbeResult, status: number): boolean {
  return result.outcome === 'answered' && result.status === status && result.receiver?.status === String(status);
}

/** Explains why a test that should have been accepted was not; null when it was. */
function explain(result: ProbeResult, info: ProbeInfo, hasToken = true): Finding | null {
  if (isReceivers(result, 401)) return hasToken ? otherToken(info) : TOKEN_MISSING;
  // A service without this path answers as any web server.
  if (result.outcome === 'answered' && result.status === NOT_FOUND) {
    return fail(
      `${describeProbe(info)}: 404.`,
      'Restart the service with these MAPI_CALLBACK_PATHS, and configure the proxy to pass on the path unchanged to it.',
    );
  }
  return explainFailure(result, info);
}

interface SpecialProbe {
  readonly context: CheckContext;
  readonly target: string;
  readonly special: ProbeResult;
  readonly values: { readonly plainValue: string; readonly specialValue: string };
}

async function escapesFinding(
  { context, target, special, values }: SpecialProbe,
  signal: AbortSignal,
): Promise<Finding> {
  const isPlainStored = await isStored(context, values.plainValue, signal);
  if (isPlainStored === null) return unproven('no database shows what was stored');
  if (!isPlainStored)
    return unproven('the test that the receiver accepted is not in the database of this configuration');
  if (!isReceivers(special, 204) || (await isStored(context, values.specialValue, signal)) !== true) return CHANGED;
  return pass(`${target} leads to this receiver by POST; the token and escapes arrive, another token is refused`);
}

/** Whether a test with this value is stored; null when that is unknown. Rejects only with the reason of `signal`. */
async function isStored({ database }: CheckContext, value: string, signal: AbortSignal): Promise<boolean | null> {
  if (database === null) return null;
  try {
    return (await abortable(findMapiTest(database.db, value), signal)) !== null;
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

function otherToken(info: ProbeInfo): Finding {
  return fail(
    `The receiver refuses the token of this configuration (401) at ${describeProbe(info)}.`,
    'Give the running service this MAPI_CALLBACK_TOKEN and restart it; if it has it, configure the proxy to pass on the query string unchanged.',
  );
}

function unproven(why: string): Finding {
  return warn(
    `The URLs lead to this receiver and the token arrives, but escapes are not proven: ${why}.`,
    'Run doctor where it reaches the DATABASE_URL of the running service.',
  );
}

const TOKEN_MISSING = fail(
  'The receiver wants a token (401), and this configuration has none.',
  'Set MAPI_CALLBACK_TOKEN here as the running service has it.',
);

const TOKEN_IGNORED = fail(
  'The receiver accepts a wrong token: the running service has no MAPI_CALLBACK_TOKEN.',
  'Restart the service with MAPI_CALLBACK_TOKEN.',
);

const CHANGED = warn(
  'The token arrives, but special characters in the URL are changed or blocked in transit.',
  'Configure the proxy to pass on the URL unchanged, neither decoded nor normalised; until then use a token of letters and digits only.',
);
