/**
 * The check `public-url`: is PUBLIC_URL an address that Resurs can call at all? It reads the setting only; whether the name
 * exists and who answers there is left to the checks after it. Without a usable URL none of those can look.
 */
import { isIP } from 'node:net';
import type { Config } from '../../config/settings.ts';
import { type Finding, fail, pass, skip } from '../check.ts';
import type { Internet } from '../probe/internet.ts';
import { isLocalName, isTunnelName } from '../probe/public-name.ts';

export interface PublicUrlInput {
  readonly config: Pick<Config, 'PUBLIC_URL'>;
}

/** The check; asks nobody. */
export async function checkPublicUrl(
  { config }: PublicUrlInput,
  _outside: Internet,
  _signal: AbortSignal,
): Promise<Finding> {
  const named = readName(config.PUBLIC_URL);
  return named.outcome === 'unusable' ? fail(`${named.problem}.`, named.fix) : judgeName(named.name);
}

/** The DNS name of PUBLIC_URL, or what the checks that need one say instead. */
export type PublicName =
  | { readonly outcome: 'named'; readonly name: string }
  | { readonly outcome: 'hidden'; readonly finding: Finding };

/** For the checks after this one. */
export function publicName(publicUrl: string | null): PublicName {
  const named = readName(publicUrl);
  if (named.outcome === 'named') return named;
  return { outcome: 'hidden', finding: skip(named.problem, 'public-url') };
}

type Read =
  | { readonly outcome: 'named'; readonly name: string }
  | { readonly outcome: 'unusable'; readonly problem: string; readonly fix: string };

function readName(publicUrl: string | null): Read {
  const url = URL.parse(publicUrl ?? '');
  if (url === null) {
    return unusable('PUBLIC_URL is not set', 'Set PUBLIC_URL to what Resurs calls, as https://pay.your-shop.se.');
  }
  if (url.protocol !== 'https:') {
    return unusable(
      'PUBLIC_URL is not https',
      'Serve https and write https:// in PUBLIC_URL: Resurs calls nothing else.',
    );
  }
  // The standard port is never part of a parsed URL.
  if (url.port !== '') {
    return unusable(
      `PUBLIC_URL has the port ${url.port}`,
      'Serve on port 443 and leave the port out: Resurs calls no other.',
    );
  }
  const name = url.hostname.replace(/\.$/, '');
  if (isIP(name.replace(/^\[|\]$/g, '')) !== 0) {
    return unusable('PUBLIC_URL has an IP address', 'Use a DNS name: public certificates are made out to names.');
  }
  return { outcome: 'named', name };
}

function judgeName(name: string): Finding {
  if (isLocalName(name)) {
    return fail(
      `Only a local network knows the name ${name}.`,
      'Use a name in the public DNS: Resurs calls from outside.',
    );
  }
  if (isTunnelName(name)) {
    return fail(
      `${name} belongs to a tunnel service.`,
      'Use a host of your own: Resurs blocks ngrok and services like it.',
    );
  }
  return pass(`https on port 443 at ${name}`);
}

function unusable(problem: string, fix: string): Read {
  return { outcome: 'unusable', problem, fix };
}
