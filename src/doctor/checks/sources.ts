/**
 * The check `sources`: does ALLOWED_SOURCES let Resurs in? It reads settings only. A list that was right once is the usual trap:
 * Resurs has come from new addresses since 2025.
 */
import type { Config } from '../../config/settings.ts';
import { createSourceCheck } from '../../http/guards.ts';
import { type Finding, fail, pass, warn } from '../check.ts';
import type { Internet } from '../probe/internet.ts';

/** Where callbacks come from since November 2025. Source: Resurs' page on IP configuration. */
export const CURRENT_SOURCES = [
  '192.121.110.100',
  '13.50.187.51',
  '51.21.32.255',
  '51.21.206.32',
  '51.21.39.192',
] as const;

export interface SourcesInput {
  readonly config: Pick<Config, 'ALLOWED_SOURCES' | 'TRUST_PROXY' | 'TLS_CERT_FILE'>;
}

/** The check; asks nobody. */
export async function checkSources(
  { config }: SourcesInput,
  _outside: Internet,
  _signal: AbortSignal,
): Promise<Finding> {
  const { ALLOWED_SOURCES, TRUST_PROXY, TLS_CERT_FILE } = config;
  if (ALLOWED_SOURCES === null) return pass('callbacks may come from any address (ALLOWED_SOURCES is not set)');

  const isAllowed = createSourceCheck(ALLOWED_SOURCES);
  const missing = CURRENT_SOURCES.filter((address) => !isAllowed(address));
  if (missing.length > 0) {
    return fail(
      `ALLOWED_SOURCES lacks ${missing.join(', ')}, from where Resurs calls.`,
      'Add the word resurs to ALLOWED_SOURCES: it stands for all addresses of Resurs.',
    );
  }
  if (TRUST_PROXY.length === 0 && TLS_CERT_FILE === null) {
    return warn(
      'ALLOWED_SOURCES is set, but no proxy is trusted: behind one, every callback has its address.',
      'Set TRUST_PROXY to the address from which the reverse proxy connects.',
    );
  }
  return pass('ALLOWED_SOURCES has all current addresses of Resurs');
}
