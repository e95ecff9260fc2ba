/**
 * The check `dns`: the public DNS leads to this shop over IPv4. IPv6 addresses neither harm nor help: Resurs does not
 * use them (docs/protocol.md). The queries go to the DNS servers of this machine. A network with its own records inside
 * (split DNS) makes them differ from what Resurs gets, which no machine inside can notice.
 */
import { abortable } from '../../lib/abortable.ts';
import { type Finding, fail, notLookedAt, pass } from '../check.ts';
import type { CheckContext } from '../context.ts';
import type { DnsAnswer, Internet } from '../probe/internet.ts';
import { whyNotPublic } from '../probe/public-address.ts';
import { nameOf } from './public-url.ts';

/** For both queries together. */
const DNS_TIMEOUT_MS = 3_000;

/** Resolves the name of PUBLIC_URL. Rejects only with the reason of `signal`. */
export async function checkDns(
  { config, internet }: Pick<CheckContext, 'config' | 'internet'>,
  signal: AbortSignal,
): Promise<Finding> {
  // The name is judged whatever else is wrong with the URL, so that one run finds all faults.
  const named = nameOf(config.PUBLIC_URL);
  if (named.outcome === 'skipped') return named.finding;

  const { name } = named;
  const found = await lookUp(name, internet, signal);
  switch (found.outcome) {
    case 'found':
      return checkAddresses(name, found.addresses);
    case 'ipv6_only':
      return fail(`${name} has IPv6 addresses only.`, 'Add an A record: Resurs calls over IPv4 only.');
    case 'none':
      return fail(`${name} is not in the DNS.`, `Correct PUBLIC_URL, or add an A record for ${name}.`);
    case 'unreachable':
      return notLookedAt(
        `the DNS query for ${name} failed (${found.error}).`,
        'Repair the DNS of this machine, or run doctor elsewhere.',
      );
  }
}

/** What the DNS has for a name. */
export type LookUpResult = DnsAnswer | { readonly outcome: 'ipv6_only' };

/** Queries A records, and AAAA records when there are none. Rejects only with the reason of `signal`. */
export async function lookUp(name: string, internet: Internet, signal: AbortSignal): Promise<LookUpResult> {
  signal.throwIfAborted();
  const timeout = AbortSignal.timeout(DNS_TIMEOUT_MS);
  const either = AbortSignal.any([timeout, signal]);
  try {
    const v4 = await abortable(internet.resolve4(name, either), either);
    if (v4.outcome !== 'none') return v4;
    const v6 = await abortable(internet.resolve6(name, either), either);
    return v6.outcome === 'found' ? { outcome: 'ipv6_only' } : v6;
  } catch (error) {
    signal.throwIfAborted();
    if (!timeout.aborted) throw error;
    return { outcome: 'unreachable', error: `no response within ${DNS_TIMEOUT_MS / 1000} s` };
  }
}

function checkAddresses(name: string, addresses: readonly string[]): Finding {
  const problems = addresses.flatMap((address) => {
    const why = whyNotPublic(address);
    return why === null ? [] : [`${address}, which is ${why}`];
  });
  if (problems.length === 0) return pass(`${name} has the address ${addresses.join(', ')}`);
  return fail(
    `${name} has the address ${problems.join(', and ')}.`,
    'Point the A record to the public address; if only the DNS inside this network says so (split DNS), run doctor outside.',
  );
}
