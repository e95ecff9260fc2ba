/**
 * The check `public-url`: PUBLIC_URL is an address that Resurs can call. It reads the setting only, and reports all
 * that is wrong with it at once. The checks after it test whether the name exists and who responds there.
 */
import { isIP } from 'node:net';
import { type Finding, fail, pass, skip } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { isLocalName, isTunnelName, whyNotPublic } from '../probe/public-address.ts';

/** Checks the setting; sends nothing. */
export async function checkPublicUrl({ config }: Pick<CheckContext, 'config'>): Promise<Finding> {
  const url = URL.parse(config.PUBLIC_URL ?? '');
  if (url === null) {
    return fail('PUBLIC_URL is not set.', 'Set PUBLIC_URL to the URL that Resurs calls, as https://pay.your-shop.se.');
  }
  const problems = [...schemeProblems(url), ...hostProblems(hostOf(url))];
  if (problems.length === 0) return pass(`https on port 443 at ${hostOf(url)}`);
  return fail(`${problems.map(({ problem }) => problem).join('; ')}.`, problems.map(({ fix }) => fix).join(' '));
}

/** The DNS name of PUBLIC_URL, or the finding of the checks that need one. */
export type PublicName =
  | { readonly outcome: 'named'; readonly name: string }
  | { readonly outcome: 'skipped'; readonly finding: Finding };

/** Returns the name whose addresses can be judged, whatever else is wrong with the URL. */
export function nameOf(publicUrl: string | null): PublicName {
  const url = URL.parse(publicUrl ?? '');
  if (url === null) return skipped('PUBLIC_URL is not set');
  const host = hostOf(url);
  return isAddress(host) ? skipped('PUBLIC_URL has an IP address') : { outcome: 'named', name: host };
}

/** Returns the name for the checks that connect to it, which need https on port 443. */
export function publicName(publicUrl: string | null): PublicName {
  const url = URL.parse(publicUrl ?? '');
  const [problem] = url === null ? [] : schemeProblems(url);
  return problem === undefined ? nameOf(publicUrl) : skipped(problem.problem);
}

interface Problem {
  readonly problem: string;
  readonly fix: string;
}

function schemeProblems({ protocol, port }: URL): Problem[] {
  const problems: Problem[] = [];
  if (protocol !== 'https:') {
    const fix = 'Serve https and write https:// in PUBLIC_URL: Resurs calls nothing else.';
    problems.push({ problem: 'PUBLIC_URL is not https', fix });
  }
  // The standard port is never part of a parsed URL.
  if (port !== '') {
    const fix = 'Serve on port 443 and leave the port out: Resurs calls no other.';
    problems.push({ problem: `PUBLIC_URL has the port ${port}`, fix });
  }
  return problems;
}

function hostProblems(host: string): Problem[] {
  if (isAddress(host)) {
    const why = isIP(host) === 4 ? whyNotPublic(host) : null;
    const problem = `PUBLIC_URL has an IP address${why === null ? '' : `, which is ${why}`}`;
    return [{ problem, fix: 'Use a DNS name: public certificates are issued for names.' }];
  }
  if (isLocalName(host)) {
    const fix = 'Use a name in the public DNS: Resurs calls from outside.';
    return [{ problem: `The name ${host} is known in a local network only`, fix }];
  }
  if (isTunnelName(host)) {
    const fix = 'Use a host of your own: Resurs blocks ngrok and services like it.';
    return [{ problem: `${host} belongs to a tunnel service`, fix }];
  }
  return [];
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/\.$/, '');
}

function isAddress(host: string): boolean {
  return isIP(host.replace(/^\[|\]$/g, '')) !== 0;
}

function skipped(why: string): PublicName {
  return { outcome: 'skipped', finding: skip(why, 'public-url') };
}
