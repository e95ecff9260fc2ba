/**
 * The check `tls`: every address of the site speaks TLS 1.2 or newer on port 443. Old versions are tried on a
 * connection of their own. The check `certificate` verifies the certificate.
 */
import { CURRENT_SOURCES } from '../../protocol/ecom/source-addresses.ts';
import { RESURS_TIMEOUT_MS } from '../../protocol/ecom/timing.ts';
import { type Finding, fail, pass, warn, worst } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { onSite } from '../probe/site.ts';
import { type Endpoint, type Handshake, TLS_1_1_DOWN, TLS_1_2_UP, tlsHandshake } from '../probe/tls.ts';

/** Makes two handshakes with every address. Rejects only with the reason of `signal`. */
export async function checkTls(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  return onSite(context, signal, async ({ endpoints }) => {
    return worst(await Promise.all(endpoints.map((endpoint) => checkEndpoint(endpoint, signal))));
  });
}

async function checkEndpoint(endpoint: Endpoint, signal: AbortSignal): Promise<Finding> {
  const [modern, outdated] = await Promise.all([
    tlsHandshake(endpoint, TLS_1_2_UP, signal),
    tlsHandshake(endpoint, TLS_1_1_DOWN, signal),
  ]);
  const { address } = endpoint;
  if (outdated.outcome !== 'completed') return interpretHandshake(address, modern);

  const { protocol } = outdated;
  if (modern.outcome !== 'completed') {
    return fail(
      `${address} speaks ${protocol} and nothing newer.`,
      'Enable TLS 1.2 and 1.3: Resurs refuses older versions.',
    );
  }
  return warn(`${address} speaks ${modern.protocol}, but still accepts ${protocol}.`, 'Disable TLS 1.0 and 1.1.');
}

function interpretHandshake(address: string, handshake: Handshake): Finding {
  switch (handshake.outcome) {
    case 'completed':
      return pass(`${address} speaks ${handshake.protocol}`);
    case 'timed_out':
      return handshake.isConnected
        ? fail(
            `${address} accepted the connection but sent nothing for ${RESURS_TIMEOUT_MS / 1000} s.`,
            'Check that the proxy on port 443 works and that TLS is enabled there.',
          )
        : fail(`${address} port 443: no connection within ${RESURS_TIMEOUT_MS / 1000} s.`, FIREWALL);
    case 'unreachable':
      return handshake.code === 'ECONNREFUSED'
        ? fail(`${address} refuses connections on port 443.`, `Start the proxy there. ${FIREWALL}`)
        : fail(`${address} port 443 is unreachable (${handshake.code}).`, FIREWALL);
    case 'not_tls':
      return fail(`${address} does not speak TLS on port 443, perhaps plain http.`, 'Enable TLS on port 443.');
    case 'refused':
      return handshake.code === 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME'
        ? fail(`${address} has no site of this name.`, 'Add the name of PUBLIC_URL to the sites of the proxy.')
        : fail(`${address} ends the TLS handshake (${handshake.code}).`, 'Check the log of the proxy on port 443.');
  }
}

const FIREWALL = `Let port 443 through the firewall, at least from ${CURRENT_SOURCES.join(', ')}; if it is open, run doctor outside this network.`;
