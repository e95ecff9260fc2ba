/**
 * The check `certificate`: does the world trust what every address of the site shows, for this name, and for long enough? Trusted
 * is what `Outside` says the public trusts. Whether a certificate was revoked is not looked at.
 */
import type { X509Certificate } from 'node:crypto';
import { printable } from '../../lib/printable.ts';
import { type Finding, fail, pass, skip, warn, worst } from '../check.ts';
import type { Internet } from '../probe/internet.ts';
import { type Endpoint, findSite, type SiteConfig } from '../probe/site.ts';
import { type Certificate, TLS_1_2_UP, tlsHandshake } from '../probe/tls.ts';

const DAY_MS = 86_400_000;
/** Renewal by itself happens 30 days before the end; nine days later something is wrong with it. */
const LEAST_DAYS = 21;

export interface CertificateInput {
  readonly config: SiteConfig;
  /** Unix time. */
  readonly nowMs: number;
}

/** The check. Rejects only with the reason of `signal`. */
export async function checkCertificate(
  input: CertificateInput,
  outside: Internet,
  signal: AbortSignal,
): Promise<Finding> {
  const found = await findSite(input.config, outside, signal);
  if (found.outcome === 'hidden') return found.finding;
  const checkEndpoint = async (door: Endpoint): Promise<Finding> => {
    const handshake = await tlsHandshake(door, TLS_1_2_UP, signal);
    if (handshake.outcome !== 'spoke') return skip(`no TLS with ${door.address}`, 'tls');
    return judge(handshake.certificate, door, input.nowMs);
  };
  return worst(await Promise.all(found.site.doors.map(checkEndpoint)));
}

function judge({ trouble, leaf }: Certificate, { name, address }: Endpoint, nowMs: number): Finding {
  if (leaf === null) return fail(`${address} shows no certificate.`, 'Give the proxy on port 443 a certificate.');
  if (trouble !== null) return judgeTrouble(trouble, leaf, { name, address, nowMs });

  const daysLeft = Math.floor((leaf.validToDate.getTime() - nowMs) / DAY_MS);
  const until = `until ${dayOf(leaf.validToDate)}, ${daysLeft} days`;
  if (daysLeft < LEAST_DAYS) {
    return warn(
      `The certificate at ${address} is good ${until} only.`,
      'Renew the certificate now, and see why it was not renewed by itself.',
    );
  }
  return pass(`the certificate at ${address} is trusted, for ${name}, and good ${until}`);
}

const TAKE_PUBLIC = "Get one from a public authority such as Let's Encrypt.";

interface PresentedCertificate {
  readonly name: string;
  readonly address: string;
  readonly nowMs: number;
}

/** `trouble` as node:tls names it; only the first of several is known. */
function judgeTrouble(trouble: string, leaf: X509Certificate, { name, address, nowMs }: PresentedCertificate): Finding {
  switch (trouble) {
    case 'CERT_HAS_EXPIRED':
      return leaf.validToDate.getTime() < nowMs
        ? fail(
            `The certificate at ${address} ran out on ${dayOf(leaf.validToDate)}.`,
            'Renew the certificate and let the proxy load it.',
          )
        : fail(
            `${address} shows a chain with a certificate that ran out.`,
            'Serve the current chain of your authority.',
          );
    case 'CERT_NOT_YET_VALID':
      return fail(
        `The certificate at ${address} is good from ${dayOf(leaf.validFromDate)} only.`,
        'Serve one that is valid already; if this one is, set the clock of this machine right.',
      );
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return fail(
        `The certificate at ${address} is for ${printable(leaf.subjectAltName ?? leaf.subject)}, not for ${name}.`,
        `Serve a certificate that names ${name}, or write the name it has in PUBLIC_URL.`,
      );
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return fail(`The certificate at ${address} is self-signed, which Resurs refuses.`, TAKE_PUBLIC);
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return leaf.issuerCertificate === undefined ? incomplete(address, leaf) : unknownAuthority(address, leaf);
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return unknownAuthority(address, leaf);
    default:
      return fail(`The certificate at ${address} is not trusted (${trouble}).`, TAKE_PUBLIC);
  }
}

/** The certificate that signed the leaf was not sent. Browsers may know it from elsewhere; Java, which Resurs is, does not. */
function incomplete(address: string, leaf: X509Certificate): Finding {
  return fail(
    `${address} does not send the intermediate certificate (${authorityOf(leaf)}).`,
    'Serve the whole chain (fullchain.pem, not cert.pem); a private authority will not do.',
  );
}

function unknownAuthority(address: string, leaf: X509Certificate): Finding {
  return fail(
    `${address} has a certificate of an authority that the public does not trust (${authorityOf(leaf)}).`,
    TAKE_PUBLIC,
  );
}

function authorityOf({ issuer }: X509Certificate): string {
  return printable(issuer);
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
