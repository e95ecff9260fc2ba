/**
 * The check `tls`: does every address of the site speak TLS 1.2 or newer on port 443? Old versions are asked for on a connection of
 * their own. Whether the certificate is right is left to `certificate`.
 */
import { type Finding, fail, pass, warn, worst } from '../check.ts';
import type { Internet } from '../probe/internet.ts';
import { type Endpoint, findSite, type SiteConfig } from '../probe/site.ts';
import { type Handshake, RESURS_TIMEOUT_MS, TLS_1_1_DOWN, TLS_1_2_UP, tlsHandshake } from '../probe/tls.ts';
import { CURRENT_SOURCES } from './sources.ts';

export interface TlsInput {
  readonly config: SiteConfig;
}

/** The check. Rejects only with the reason of `signal`. */
export async function checkTls({ config }: TlsInput, outside: Internet, signal: AbortSignal): Promise<Finding> {
  const found = await findSite(config, outside, signal);
  if (found.outcome === 'hidden') return found.finding;
  return worst(await Promise.all(found.site.doors.map((door) => checkEndpoint(door, signal))));
}

async function checkEndpoint(door: Endpoint, signal: AbortSignal): Promise<Finding> {
  const [modern, outdated] = await Promise.all([
    tlsHandshake(door, TLS_1_2_UP, signal),
    tlsHandshake(door, TLS_1_1_DOWN, signal),
  ]);
  const { address } = door;
  if (outdated.outcome !== 'spoke') return judgeModern(address, modern);

  const { protocol } = outdated;
  if (modern.outcome !== 'spoke') {
    return fail(
      `${address} speaks ${protocol} and nothing newer.`,
      'Switch TLS 1.2 and 1.3 on: Resurs refuses older versions.',
    );
  }
  return warn(`${address} speaks ${modern.protocol}, but still takes ${protocol}.`, 'Switch TLS 1.0 and 1.1 off.');
}

function judgeModern(address: string, modern: Handshake): Finding {
  switch (modern.outcome) {
    case 'spoke':
      return pass(`${address} speaks ${modern.protocol}`);
    case 'timed_out':
      return modern.isConnected
        ? fail(
            `${address} took the connection and then said nothing for ${RESURS_TIMEOUT_MS / 1000} s.`,
            'Look whether the proxy on port 443 works, and whether TLS is switched on there.',
          )
        : fail(
            `Nothing answers at ${address} port 443 (no connection within ${RESURS_TIMEOUT_MS / 1000} s).`,
            FIREWALL,
          );
    case 'unreachable':
      return modern.code === 'ECONNREFUSED'
        ? fail(`${address} refuses connections on port 443.`, `Start the proxy there. ${FIREWALL}`)
        : fail(`${address} port 443 cannot be reached (${modern.code}).`, FIREWALL);
    case 'not_tls':
      return fail(`${address} does not speak TLS on port 443, perhaps plain http.`, 'Switch TLS on for port 443.');
    case 'refused':
      return modern.code === 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME'
        ? fail(`${address} knows no site of this name.`, 'Add the name of PUBLIC_URL to the sites of the proxy.')
        : fail(`${address} ends the TLS handshake (${modern.code}).`, 'Look into the log of the proxy on port 443.');
  }
}

const FIREWALL = `Let port 443 through the firewall, at least from ${CURRENT_SOURCES.join(', ')}; if it is open, run doctor outside this network.`;
