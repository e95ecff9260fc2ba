/**
 * The check `sources`: ALLOWED_SOURCES lets Resurs in. It reads settings only. The usual mistake is a list that was
 * right once: Resurs has called from new addresses since 2025.
 */
import { createSourceCheck } from '../../http/guards.ts';
import { CURRENT_SOURCES } from '../../protocol/ecom/source-addresses.ts';
import { type Finding, fail, pass, warn } from '../check.ts';
import type { CheckContext } from '../context.ts';

/** Compares the setting with the addresses of Resurs; sends nothing. */
export async function checkSources({ config }: Pick<CheckContext, 'config'>): Promise<Finding> {
  const { ALLOWED_SOURCES, TRUST_PROXY, TLS_CERT_FILE } = config;
  if (ALLOWED_SOURCES === null) return pass('callbacks may come from any address (ALLOWED_SOURCES is not set)');

  const isAllowed = createSourceCheck(ALLOWED_SOURCES);
  const missing = CURRENT_SOURCES.filter((address) => !isAllowed(address));
  if (missing.length > 0) {
    return fail(
      `ALLOWED_SOURCES lacks ${missing.join(', ')}, from which Resurs calls.`,
      'Add the word resurs to ALLOWED_SOURCES: it stands for all addresses of Resurs.',
    );
  }
  if (TRUST_PROXY.length === 0 && TLS_CERT_FILE === null) {
    return warn(
      'ALLOWED_SOURCES is set, but no proxy is trusted: behind a proxy, every callback has the address of the proxy.',
      'Set TRUST_PROXY to the address from which the reverse proxy connects.',
    );
  }
  return pass('ALLOWED_SOURCES has all current addresses of Resurs');
}
