/**
 * `healthcheck`: whether the local service is ready. For HEALTHCHECK of a container image, which may have no other
 * client.
 */
import { Agent, request } from 'undici';
import type { Config } from '../config/settings.ts';
import { errorSummary } from '../lib/errors.ts';
import { defineCommand, EXIT } from './command.ts';

const TIMEOUT_MS = 3_000;

const HELP = `Usage: receiver healthcheck

Requests /readyz of the service that runs with the same settings on this machine.
Exits with 0 when it is ready, with 1 when it is not or does not respond.`;

export const healthcheck = defineCommand({
  summary: 'exit with 0 when the local service is ready',
  help: HELP,
  options: {},
  // serve prints warnings once at its start; a health check runs every few seconds.
  showWarnings: false,
  async run({ config, terminal }) {
    // The certificate is for the public name; here only the response matters.
    const agent = new Agent({ connect: { rejectUnauthorized: false } });
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const { statusCode, body } = await request(readinessUrl(config), { dispatcher: agent, signal });
      terminal.print(await body.text());
      return statusCode === 200 ? EXIT.ok : EXIT.failed;
    } catch (error) {
      terminal.printError(`The service does not respond: ${errorSummary(error)}`);
      return EXIT.failed;
    } finally {
      await agent.destroy();
    }
  },
});

const ANY_ADDRESS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

function readinessUrl(config: Config): string {
  const address = ANY_ADDRESS[config.HOST] ?? config.HOST;
  const host = address.includes(':') ? `[${address}]` : address;
  const scheme = config.TLS_CERT_FILE === null ? 'http' : 'https';
  return `${scheme}://${host}:${config.STATUS_PORT ?? config.PORT}/readyz`;
}
