/** Where the checks that go through the public URL knock: its name, its public addresses, the callback URL there. */
import type { Config } from '../config/settings.ts';
import { callbackUrl } from '../resurs/wish.ts';
import { type Finding, notLookedAt } from './check.ts';
import { lookUp } from './dns.ts';
import type { Outside } from './outside.ts';
import { whyNotPublic } from './public-addresses.ts';
import { publicName } from './public-url.ts';

/** A name may have dozens of addresses; each one looked at costs connections at the same moment. */
const MAX_ADDRESSES = 4;

export type SiteConfig = Pick<Config, 'PUBLIC_URL' | 'CALLBACK_PATHS'>;

/** One address of the site: what a connection is made to. */
export interface Door {
  readonly name: string;
  readonly address: string;
  readonly outside: Outside;
}

export interface Site {
  /** At least one, at most four. */
  readonly doors: readonly [Door, ...Door[]];
  /** The callback URL without parameters, as it may be shown. */
  readonly callbackUrl: string;
}

/** The site, or what a check says that cannot look without it. */
export type Found =
  | { readonly outcome: 'found'; readonly site: Site }
  | { readonly outcome: 'hidden'; readonly finding: Finding };

/** Rejects only with the reason of `signal`. */
export async function findSite(config: SiteConfig, outside: Outside, signal: AbortSignal): Promise<Found> {
  const named = publicName(config.PUBLIC_URL);
  if (named.outcome === 'hidden') return named;

  const { name } = named;
  const found = await lookUp(name, outside, signal);
  const addresses = found.outcome === 'found' ? found.addresses : [];
  const doors = addresses
    .filter((address) => whyNotPublic(address) === null)
    .slice(0, MAX_ADDRESSES)
    .map((address): Door => ({ name, address, outside }));
  const [first, ...others] = doors;
  if (first === undefined) {
    const why = found.outcome === 'unreachable' ? 'the DNS could not be asked' : `${name} has no public IPv4 address`;
    return { outcome: 'hidden', finding: notLookedAt(why, 'dns') };
  }
  const url = callbackUrl(`https://${name}${pathOf(config)}`, config.CALLBACK_PATHS);
  return { outcome: 'found', site: { doors: [first, ...others], callbackUrl: url } };
}

/** PUBLIC_URL may have a path of its own, in front of the callback path. */
function pathOf({ PUBLIC_URL }: SiteConfig): string {
  return (URL.parse(PUBLIC_URL ?? '')?.pathname ?? '').replace(/\/+$/, '');
}
