/**
 * The check `public-url`: PUBLIC_URL is an address that Resurs can call. It reads the setting only. The checks after it
 * test whether the name exists and who responds there; they are skipped without a usable URL.
 */
import { isIP } from 'node:net';
import { type Finding, fail, pass, skip } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { isLocalName, isTunnelName } from '../probe/public-address.ts';

/** Checks the setting; sends nothing. */
export async function checkPublicUrl({ config }: Pick<CheckContext, 'config'>): Promise<Finding> {
  const parsed = parseName(config.PUBLIC_URL);
  return parsed.outcome === 'unusable' ? fail(`${parsed.problem}.`, parsed.fix) : checkName(parsed.name);
}

/** The DNS name of PUBLIC_URL, or the finding of the checks that need one. */
export type PublicName =
  | { readonly outcome: 'named'; readonly name: string }
  | { readonly outcome: 'skipped'; readonly finding: Finding };

/** Returns the name for the checks after this one. */
export function publicName(publicUrl: string | null): PublicName {
  const parsed = parseName(publicUrl);
  if (parsed.outcome === 'named') return parsed;
  return { outcome: 'skipped', finding: skip(parsed.problem, 'public-url') };
}

type ParsedName =
  | { readonly outcome: 'named'; readonly name: string }
  | { readonly outcome: 'unusable'; readonly problem: string; readonly fix: string };

function parseName(publicUrl: string | null): ParsedName {
  const url = URL.parse(publicUrl ?? '');
  if (url === null) {
    return unusable(
      'PUBLIC_URL is not set',
      'Set PUBLIC_URL to the URL that Resurs calls, as https://pay.your-shop.se.',
    );
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
    return unusable('PUBLIC_URL has an IP address', 'Use a DNS name: public certificates are issued for names.');
  }
  return { outcome: 'named', name };
}

function checkName(name: string): Finding {
  if (isLocalName(name)) {
    return fail(
      `The name ${name} is known in a local network only.`,
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

function unusable(problem: string, fix: string): ParsedName {
  return { outcome: 'unusable', problem, fix };
}
