/**
 * Finds the public site: the name in PUBLIC_URL, its public addresses, and the callback URL; and sends TEST callbacks
 * to it.
 */
import type { Config } from '../../config/settings.ts';
import { callbackUrl } from '../../registrations/desired.ts';
import { type Finding, skip } from '../check.ts';
import { lookUp } from '../checks/dns.ts';
import { publicName } from '../checks/public-url.ts';
import type { CheckContext } from '../context.ts';
import { type ProbeRequest, type ProbeResult, sendProbe } from './http.ts';
import { whyNotPublic } from './public-address.ts';
import { type ProbeInfo, plainTest, registrationTimeNow, type TestCallback, testRequest } from './test-request.ts';
import type { Endpoint } from './tls.ts';

/** A name may have dozens of addresses; each one costs connections at the same time. */
const MAX_ADDRESSES = 4;

/** The public site as the checks use it. */
export interface Site {
  /** At least one, at most four. */
  readonly endpoints: readonly [Endpoint, ...Endpoint[]];
  /** The public URL that all paths stand behind. */
  readonly publicUrl: string;
  /** The callback URL without parameters, as findings may show it. */
  readonly callbackUrl: string;
  /** `t` of every TEST that is sent: unix seconds as text. */
  readonly registeredAt: string;
  /** A GET with the configured credentials, for the text of a finding. */
  readonly info: ProbeInfo;
  /**
   * Sends a plain TEST with `changes`, to the first address unless another is given. Rejects only with the reason of
   * the signal.
   */
  sendTest(changes: Partial<TestCallback>, endpoint?: Endpoint): Promise<ProbeResult>;
  /** Sends any request, to the first address unless another is given. Rejects only with the reason of the signal. */
  send(request: ProbeRequest, endpoint?: Endpoint): Promise<ProbeResult>;
}

/**
 * Finds the site of PUBLIC_URL and returns the finding of `check`; without a site, a finding that names the check to
 * see. Rejects only with the reason of `signal`, or as `check` does.
 */
export async function onSite(
  { config, internet, clock }: Pick<CheckContext, 'config' | 'internet' | 'clock'>,
  signal: AbortSignal,
  check: (site: Site) => Promise<Finding>,
): Promise<Finding> {
  const named = publicName(config.PUBLIC_URL);
  if (named.outcome === 'skipped') return named.finding;

  const { name } = named;
  const found = await lookUp(name, internet, signal);
  const addresses = found.outcome === 'found' ? found.addresses : [];
  const [first, ...others] = addresses
    .filter((address) => whyNotPublic(address) === null)
    .slice(0, MAX_ADDRESSES)
    .map((address): Endpoint => ({ name, address, internet }));
  if (first === undefined) {
    const why = found.outcome === 'unreachable' ? 'the DNS query failed' : `${name} has no public IPv4 address`;
    return skip(why, 'dns');
  }

  const publicUrl = `https://${name}${pathOf(config)}`;
  const url = callbackUrl(publicUrl, config.CALLBACK_PATHS);
  const registeredAt = registrationTimeNow(clock.now());
  const plain = plainTest(config);
  const send = (request: ProbeRequest, endpoint = first) => sendProbe(endpoint, request, signal);
  return check({
    endpoints: [first, ...others],
    publicUrl,
    callbackUrl: url,
    registeredAt,
    info: { method: 'GET', callbackUrl: url, hasCredentials: plain.authorization !== null },
    sendTest: (changes, endpoint) => send(testRequest(url, registeredAt, { ...plain, ...changes }), endpoint),
    send,
  });
}

/** PUBLIC_URL may have a path of its own, in front of the callback path. */
function pathOf({ PUBLIC_URL }: Pick<Config, 'PUBLIC_URL'>): string {
  return (URL.parse(PUBLIC_URL ?? '')?.pathname ?? '').replace(/\/+$/, '');
}
