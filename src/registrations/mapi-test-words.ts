/**
 * Explains the words with which the Merchant API reports on its test callback. They are few, but more may come: a word
 * that is not known is shown as it is, and the status that Resurs got decides. Pure.
 */
import { printable } from '../lib/printable.ts';
import type { TestCallbackReport } from '../resurs/mapi-parser.ts';

/** What follows from a report. `meaning` completes "Resurs reports OK (204): …"; `fix` is an instruction, or null. */
export interface ReportMeaning {
  readonly meaning: string;
  readonly fix: string | null;
}

const MEANINGS: Readonly<Record<string, ReportMeaning>> = {
  OK: { meaning: 'the callback was sent, and answered as delivered', fix: null },
  FAILED: {
    meaning: 'the callback was sent, and the answer was none that counts as delivered',
    fix: 'Look for callback.received in the log of the service: 401 is another MAPI_CALLBACK_TOKEN, 404 another path. Without such a line another server answers: run receiver doctor --only mapi-urls.',
  },
  INVALID_URL: {
    meaning: 'the URL is none that Resurs calls',
    fix: 'Set PUBLIC_URL to an https URL on port 443 with a public name: run receiver doctor --only public-url,dns.',
  },
  ERROR: {
    meaning: 'the callback could not be sent: no connection, or none that Resurs trusts',
    fix: 'Check name, certificate and firewall: run receiver doctor --only dns,tls,certificate,mapi-urls.',
  },
  TIMEOUT: {
    meaning: 'the callback was sent, and not answered in time',
    fix: 'Check that the proxy reaches the service (HOST, PORT), which always answers within 4 s.',
  },
  RATE_LIMITED: {
    meaning: 'Resurs sends no more tests for now',
    fix: 'Run this again in a few minutes; it says nothing about real callbacks.',
  },
};

/** What the receiver answers to a test. */
const RECEIVER_STATUS = 204;

/** Returns whether Resurs counts the test as delivered. */
export function isAccepted({ status, code }: TestCallbackReport): boolean {
  if (Object.hasOwn(MEANINGS, status)) return status === 'OK';
  return code !== null && code >= 200 && code < 300;
}

/** Returns whether the status that Resurs got is none of the receiver's, so that another server answered. */
export function isFromOtherServer(report: TestCallbackReport): boolean {
  return isAccepted(report) && report.code !== null && report.code !== RECEIVER_STATUS;
}

/** Formats the report in a few words. */
export function describeReport({ status, code }: TestCallbackReport): string {
  return code === null ? printable(status) : `${printable(status)} (${code})`;
}

/** Explains the report. */
export function explainReport(report: TestCallbackReport): ReportMeaning {
  if (isFromOtherServer(report)) {
    return {
      meaning: `the callback was answered ${report.code}, which another server did: this service answers ${RECEIVER_STATUS}`,
      fix: 'Route the paths of MAPI_CALLBACK_PATHS to this service before any shop page: run receiver doctor --only mapi-urls.',
    };
  }
  const known = Object.hasOwn(MEANINGS, report.status) ? MEANINGS[report.status] : undefined;
  if (known !== undefined) return known;
  return {
    meaning: 'a word that is not known here',
    fix: isAccepted(report)
      ? null
      : 'Look for callback.received in the log of the service; Resurs can explain its word.',
  };
}
