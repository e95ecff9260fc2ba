/** Where the checks that go through the public URL knock: its name, its public addresses, the callback URL there. */
import type { Config } from '../../config/settings.ts';
import { callbackUrl } from '../../registrations/desired.ts';
import { type Finding, skip } from '../check.ts';
import { lookUp } from '../checks/dns.ts';
import { publicName } from '../checks/public-url.ts';
import type { Internet } from './internet.ts';
import { whyNotPublic } from './public-address.ts';

/** A name may have dozens of addresses; each one looked at costs connections at the same moment. */
const MAX_ADDRESSES = 4;

export type SiteConfig = Pick<Config, 'PUBLIC_URL' | 'CALLBACK_PATHS'>;

/** One address of the site: what a connection is made to. */
export interface Endpoint {
  readonly name: string;
  readonly address: string;
  readonly outside: Internet;
}

export interface Site {
  /** At least one, at most four. */
  readonly doors: readonly [Endpoint, ...Endpoint[]];
  /** The callback URL without parameters, as it may be shown. */
  readonly callbackUrl: string;
}

/** The site, or what a check says that cannot look without it. */
export type SiteResult =
  | { readonly outcome: 'found'; readonly site: Site }
  | { readonly outcome: 'hidden'; readonly finding: Finding };

/** Rejects only with the reason of `signal`. */
export async function findSite(config: SiteConfig, outside: Internet, signal: AbortSignal): Promise<SiteResult> {
  const named = publicName(config.PUBLIC_URL);
  if (named.outcome === 'hidden') return named;

  const { name } = named;
  const found = await lookUp(name, outside, signal);
  const addresses = found.outcome === 'found' ? found.addresses : [];
  const doors = addresses
    .filter((address) => whyNotPublic(address) === null)
    .slice(0, MAX_ADDRESSES)
    .map((address): Endpoint => ({ name, address, outside }));
  const [first, ...others] = doors;
  if (first === undefined) {
    const why = found.outcome === 'unreachable' ? 'the DNS could not be asked' : `${name} has no public IPv4 address`;
    return { outcome: 'hidden', finding: skip(why, 'dns') };
  }
  const url = callbackUrl(`https://${name}${pathOf(config)}`, config.CALLBACK_PATHS);
  return { outcome: 'found', site: { doors: [first, ...others], callbackUrl: url } };
}

/** PUBLIC_URL may have a path of its own, in front of the callback path. */
function pathOf({ PUBLIC_URL }: SiteConfig): string {
  return (URL.parse(PUBLIC_URL ?? '')?.pathname ?? '').replace(/\/+$/, '');
}
