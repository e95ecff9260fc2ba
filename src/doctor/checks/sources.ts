/**
 * The check `sources`: ALLOWED_SOURCES lets Resurs in, and no caller that merely claims an address. The usual mistakes
 * are a list that was right once (Resurs has called from new addresses since 2025), and a proxy that passes on the
 * `X-Forwarded-For` of the caller: then every stranger may name an address of Resurs.
 */
import { createSourceCheck } from '../../http/guards.ts';
import { CURRENT_SOURCES } from '../../protocol/ecom/source-addresses.ts';
import { type Finding, fail, pass, skip, warn } from '../check.ts';
import type { CheckContext } from '../context.ts';
import type { ProbeResult } from '../probe/http.ts';
import { onSite, type Site } from '../probe/site.ts';

/** Reads the setting, then sends two TESTs with forged addresses. Rejects only with the reason of `signal`. */
export async function checkSources(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const { ALLOWED_SOURCES, TRUST_PROXY, TLS_CERT_FILE } = context.config;
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
  return onSite(context, signal, (site) => forgeAddress(site, isAllowed));
}

/**
 * Sends two TESTs that differ in the address they claim: one of Resurs, and one that is not allowed. Unless the receiver
 * believes the claim, it lets both in or neither.
 */
async function forgeAddress({ sendTest }: Site, isAllowed: (address: string) => boolean): Promise<Finding> {
  const outsider = OUTSIDERS.find((address) => !isAllowed(address));
  if (outsider === undefined) return pass('ALLOWED_SOURCES has every address, so there is nothing to forge');

  const [asResurs, asOutsider] = await Promise.all([
    sendTest({ forwardedFor: CURRENT_SOURCES[0] ?? null }),
    sendTest({ forwardedFor: outsider }),
  ]);
  const isIn = isLetIn(asResurs);
  const isOutsiderIn = isLetIn(asOutsider);
  if (isIn === null || isOutsiderIn === null) return skip('the receiver did not respond', 'callback-path');
  if (isIn !== isOutsiderIn) return BELIEVED;
  return pass('ALLOWED_SOURCES has all current addresses of Resurs, and a forged X-Forwarded-For changes nothing');
}

/** For documentation (RFC 5737): no callback ever comes from them. */
const OUTSIDERS = ['203.0.113.77', '198.51.100.77', '192.0.2.77'];

const BELIEVED = fail(
  'The receiver believes an X-Forwarded-For that the caller made up: anyone can claim an address of Resurs.',
  'Let the proxy write the header itself (nginx: proxy_set_header X-Forwarded-For $remote_addr; HAProxy: http-request set-header X-Forwarded-For %[src]; Apache: RequestHeader unset X-Forwarded-For early), and name in TRUST_PROXY only the proxies, not their callers.',
);

/** Whether the receiver lets the address in; null when the receiver did not respond. */
function isLetIn(result: ProbeResult): boolean | null {
  if (result.outcome !== 'answered' || result.receiver === null) return null;
  return result.receiver.status !== '403';
}
