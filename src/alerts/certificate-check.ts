/**
 * The daily check of the certificate of PUBLIC_URL, as doctor makes it: trusted, for this name, and for three weeks at
 * least. What it finds is kept with the job; a check that could not look keeps what the one before has found.
 */
import type { JobOutcome } from '../db/leader-lock.ts';
import { type CertificateContext, checkCertificate } from '../doctor/checks/certificate.ts';

/** Checks once. Throws only when `signal` ends it. */
export async function checkPublicCertificate(context: CertificateContext, signal: AbortSignal): Promise<JobOutcome> {
  const { status, reason, fix } = await checkCertificate(context, signal);
  switch (status) {
    case 'pass':
      return { outcome: 'succeeded', result: { problem: null } };
    case 'warn':
    case 'fail':
      return { outcome: 'succeeded', result: { problem: reason, fix } };
    case 'skip':
      return { outcome: 'failed', error: reason, result: null };
  }
}
