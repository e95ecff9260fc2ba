/**
 * The check `certificate`: the certificate at every address of the site is publicly trusted, for this name, and for
 * long enough. `Internet.authorities` decides about trust. Revocation is not checked.
 */
import type { X509Certificate } from 'node:crypto';
import { printable } from '../../lib/printable.ts';
import { type Finding, fail, pass, skip, warn, worst } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { onSite } from '../probe/site.ts';
import { type Certificate, type Endpoint, TLS_1_2_UP, tlsHandshake } from '../probe/tls.ts';

const DAY_MS = 86_400_000;
/** Automatic renewal happens 30 days before expiry; nine days later something is wrong with it. */
const MIN_DAYS_LEFT = 21;

/** What this check needs of the context. */
export type CertificateContext = Pick<CheckContext, 'config' | 'internet' | 'clock'>;

/** Makes a handshake with every address. Rejects only with the reason of `signal`. */
export async function checkCertificate(context: CertificateContext, signal: AbortSignal): Promise<Finding> {
  const checkEndpoint = async (endpoint: Endpoint): Promise<Finding> => {
    const handshake = await tlsHandshake(endpoint, TLS_1_2_UP, signal);
    if (handshake.outcome !== 'completed') return skip(`no TLS connection with ${endpoint.address}`, 'tls');
    return interpretCertificate(handshake.certificate, endpoint, context.clock.now());
  };
  return onSite(context, signal, async ({ endpoints }) => worst(await Promise.all(endpoints.map(checkEndpoint))));
}

function interpretCertificate({ error, leaf }: Certificate, { name, address }: Endpoint, nowMs: number): Finding {
  if (leaf === null) return fail(`${address} presents no certificate.`, 'Give the proxy on port 443 a certificate.');
  if (error !== null) return explainError(error, leaf, { name, address, nowMs });

  const daysLeft = Math.floor((leaf.validToDate.getTime() - nowMs) / DAY_MS);
  const until = `until ${dayOf(leaf.validToDate)}, ${daysLeft} days`;
  if (daysLeft < MIN_DAYS_LEFT) {
    return warn(
      `The certificate at ${address} is valid ${until} only.`,
      'Renew the certificate now, and find out why automatic renewal failed.',
    );
  }
  return pass(`the certificate at ${address} is trusted, for ${name}, and valid ${until}`);
}

const USE_PUBLIC_AUTHORITY = "Get one from a public authority such as Let's Encrypt.";

interface PresentedBy {
  readonly name: string;
  readonly address: string;
  readonly nowMs: number;
}

/** `error` is the code of node:tls; it reports only the first of several errors. */
function explainError(error: string, leaf: X509Certificate, { name, address, nowMs }: PresentedBy): Finding {
  switch (error) {
    case 'CERT_HAS_EXPIRED':
      return leaf.validToDate.getTime() < nowMs
        ? fail(
            `The certificate at ${address} expired on ${dayOf(leaf.validToDate)}.`,
            'Renew the certificate and let the proxy load it.',
          )
        : fail(
            `${address} presents a chain with an expired certificate.`,
            'Serve the current chain of your authority.',
          );
    case 'CERT_NOT_YET_VALID':
      return fail(
        `The certificate at ${address} is not valid before ${dayOf(leaf.validFromDate)}.`,
        'Serve one that is valid already; if this one is, correct the clock of this machine.',
      );
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return fail(
        `The certificate at ${address} is for ${printable(leaf.subjectAltName ?? leaf.subject)}, not for ${name}.`,
        `Serve a certificate that names ${name}, or use its name in PUBLIC_URL.`,
      );
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return fail(`The certificate at ${address} is self-signed, which Resurs refuses.`, USE_PUBLIC_AUTHORITY);
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return leaf.issuerCertificate === undefined ? incomplete(address, leaf) : unknownAuthority(address, leaf);
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return unknownAuthority(address, leaf);
    default:
      return fail(`The certificate at ${address} is not trusted (${error}).`, USE_PUBLIC_AUTHORITY);
  }
}

/**
 * The server did not send the certificate that signed the leaf. Browsers may have it cached; Java, which Resurs runs
 * on, does not.
 */
function incomplete(address: string, leaf: X509Certificate): Finding {
  return fail(
    `${address} does not send the intermediate certificate (${authorityOf(leaf)}).`,
    'Serve the whole chain (fullchain.pem, not cert.pem); a private authority is not accepted.',
  );
}

function unknownAuthority(address: string, leaf: X509Certificate): Finding {
  return fail(
    `The authority of the certificate at ${address} is not publicly trusted (${authorityOf(leaf)}).`,
    USE_PUBLIC_AUTHORITY,
  );
}

function authorityOf({ issuer }: X509Certificate): string {
  return printable(issuer);
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
