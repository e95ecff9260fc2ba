/**
 * The check `dns`: does the public DNS lead to this shop over IPv4? IPv6 addresses do no harm and no good: Resurs does not use
 * them (docs/protocol.md). Asked are the DNS servers of this machine; a network that gives out its own answers inside
 * makes them differ from what Resurs sees, which no machine inside can notice.
 */
import type { Config } from '../../config/settings.ts';
import { abortable } from '../../lib/abortable.ts';
import { type Finding, fail, pass, warn } from '../check.ts';
import type { DnsAnswer, Internet } from '../probe/internet.ts';
import { whyNotPublic } from '../probe/public-address.ts';
import { publicName } from './public-url.ts';

/** For both questions together. */
const PATIENCE_MS = 3_000;

export interface DnsInput {
  readonly config: Pick<Config, 'PUBLIC_URL'>;
}

/** The check. Rejects only with the reason of `signal`. */
export async function checkDns({ config }: DnsInput, outside: Internet, signal: AbortSignal): Promise<Finding> {
  const named = publicName(config.PUBLIC_URL);
  if (named.outcome === 'hidden') return named.finding;

  const { name } = named;
  const found = await lookUp(name, outside, signal);
  switch (found.outcome) {
    case 'found':
      return judgeAddresses(name, found.addresses);
    case 'ipv6_only':
      return fail(`${name} has IPv6 addresses only.`, 'Add an A record: Resurs comes over IPv4 only.');
    case 'none':
      return fail(`${name} is not in the DNS.`, `Correct PUBLIC_URL, or add an A record for ${name}.`);
    case 'unreachable':
      return warn(
        `The DNS could not be asked (${found.error}).`,
        'Repair the DNS of this machine, or run doctor elsewhere.',
      );
  }
}

/** What the DNS has for a name. */
export type LookedUp = DnsAnswer | { readonly outcome: 'ipv6_only' };

/** Asks for A records, and for AAAA records when there are none. Rejects only with the reason of `signal`. */
export async function lookUp(name: string, outside: Internet, signal: AbortSignal): Promise<LookedUp> {
  signal.throwIfAborted();
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const stop = AbortSignal.any([patience, signal]);
  try {
    const v4 = await abortable(outside.resolve4(name, stop), stop);
    if (v4.outcome !== 'none') return v4;
    const v6 = await abortable(outside.resolve6(name, stop), stop);
    return v6.outcome === 'found' ? { outcome: 'ipv6_only' } : v6;
  } catch (error) {
    signal.throwIfAborted();
    if (!patience.aborted) throw error;
    return { outcome: 'unreachable', error: `no answer within ${PATIENCE_MS / 1000} s` };
  }
}

function judgeAddresses(name: string, addresses: readonly string[]): Finding {
  const troubles = addresses.flatMap((address) => {
    const why = whyNotPublic(address);
    return why === null ? [] : [`${address}, which is ${why}`];
  });
  if (troubles.length === 0) return pass(`${name} has the address ${addresses.join(', ')}`);
  return fail(
    `${name} has the address ${troubles.join(', and ')}.`,
    'Point the A record to the public address; if only the DNS in here says so (split DNS), run doctor outside.',
  );
}
