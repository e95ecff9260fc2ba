/**
 * `payment`: what Resurs holds of a payment now, beside what is stored of it here. Either side may be missing: no account
 * or no database. Nothing about the customer is printed.
 */

import type { Config } from '../../config/settings.ts';
import type { Provider } from '../../db/schema.ts';
import { systemClock } from '../../lib/clock.ts';
import { describeFailure } from '../../resurs/failure.ts';
import { createPaymentReader, type PaymentQuestion } from '../../status/payment-reader.ts';
import { defineCommand, EXIT, type Terminal, UsageError } from '../command.ts';
import { MISSING, type RequiredSetting } from '../with-resurs.ts';
import { type AtResurs, reportJson, reportLines } from './report.ts';
import { readStored } from './stored.ts';

const HELP = `Usage: receiver payment ID [--json]

Asks Resurs for a payment, by its id or by the reference of its order, and prints its state and
amounts beside what is stored here: the facts that were reported, what the last event meant for the
order, and the deliveries. Where the two differ, Resurs is right. Changes nothing.

Needs RESURS_USERNAME and RESURS_PASSWORD for payments of the eCom API, MAPI_CLIENT_ID and
MAPI_CLIENT_SECRET for those of the Merchant API; without them only what is stored is printed.
Without a database only what Resurs holds is printed.

  --json   one JSON document on standard output

Exit codes: 0 Resurs holds the payment, 1 Resurs does not know it or cannot be asked, 64 wrong usage,
78 settings missing or wrong.`;

/** For all calls together; one call of the other commands takes as long. */
const CALL_TIMEOUT_MS = 10_000;

export const payment = defineCommand({
  summary: 'ask Resurs for a payment, beside what is stored',
  help: HELP,
  options: { json: { type: 'boolean', default: false } },
  words: 'any',
  parse: (_values, words) => parsePaymentId(words),
  async run({ parsed: name, values, config, terminal }) {
    const stored = await readStored(config, name);
    const atResurs = await askResurs(
      config,
      { name, known: stored.outcome === 'read' ? stored.known : null },
      terminal,
    );
    if (atResurs === null) {
      terminal.printError('Stopped on request.');
      return EXIT.failed;
    }
    const report = { name, environment: config.RESURS_ENVIRONMENT, atResurs, stored };
    if (values.json) terminal.print(JSON.stringify(reportJson(report)));
    else for (const line of reportLines(report, new Date(systemClock.now()))) terminal.print(line);
    return exitCodeOf(atResurs);
  },
});

const MAX_LENGTH = 255;

/** A callback's paymentId has no control characters. */
function parsePaymentId(words: readonly string[]): string {
  const [paymentId = '', ...more] = words;
  if (paymentId === '' || more.length > 0) {
    throw new UsageError('Give the id of one payment, or the reference of its order; in quotes where it has blanks.');
  }
  if (paymentId.length > MAX_LENGTH || /\p{Cc}/u.test(paymentId)) {
    throw new UsageError(
      `No payment has such an id: it has at most ${MAX_LENGTH} characters, and no control characters.`,
    );
  }
  return paymentId;
}

/** Null when the operator asked to stop. */
async function askResurs(config: Config, question: PaymentQuestion, terminal: Terminal): Promise<AtResurs | null> {
  const signal = terminal.stop ?? new AbortController().signal;
  const { read, close } = createPaymentReader(config, systemClock);
  try {
    const reading = await read(question, { timeoutMs: CALL_TIMEOUT_MS, signal });
    switch (reading.outcome) {
      case 'found':
        return reading;
      case 'unknown':
        return { outcome: 'unknown', reason: 'Resurs does not know this payment' };
      case 'failed':
        return { outcome: 'failed', reason: describeFailure(reading.failure) };
      case 'no_account':
        return { outcome: 'no_account', reason: missingAccount(reading.missing) };
      case 'used_up':
        throw new TypeError('one read is never too many');
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return null;
  } finally {
    await close();
  }
}

function missingAccount(missing: readonly Provider[]): string {
  const accounts = missing.map((provider) => MISSING[ACCOUNT_SETTINGS[provider]]);
  return accounts.map(({ setting, problem, fix }) => `${setting} ${problem}: ${fix}`).join('; or ');
}

const ACCOUNT_SETTINGS = {
  'resurs-ecom': 'RESURS_USERNAME',
  'resurs-mapi': 'MAPI_CLIENT_ID',
} as const satisfies Record<Provider, RequiredSetting>;

function exitCodeOf({ outcome }: AtResurs): number {
  switch (outcome) {
    case 'found':
      return EXIT.ok;
    case 'unknown':
    case 'failed':
      return EXIT.failed;
    case 'no_account':
      return EXIT.config;
  }
}
