/**
 * `payment`: what Resurs holds of a payment now, beside what is stored of it here. Either side may be missing: no account
 * or no database. Nothing about the customer is printed.
 */

import type { Config } from '../../config/settings.ts';
import { systemClock } from '../../lib/clock.ts';
import { paymentOf } from '../../payments/ecom-payment.ts';
import { describeFailure } from '../../resurs/failure.ts';
import { defineCommand, EXIT, type Terminal, UsageError } from '../command.ts';
import { createResursClients, MISSING } from '../with-resurs.ts';
import { type AtResurs, reportJson, reportLines } from './report.ts';
import { readStored } from './stored.ts';

const HELP = `Usage: receiver payment ID [--json]

Asks Resurs for a payment, and prints its state and amounts beside what is stored here: the facts
that were reported, what the last event meant for the order, and the deliveries. Where the two
differ, Resurs is right. Changes nothing.

Needs RESURS_USERNAME and RESURS_PASSWORD; without them only what is stored is printed. Without
a database only what Resurs holds is printed.

  --json   one JSON document on standard output

Exit codes: 0 Resurs holds the payment, 1 Resurs does not know it or cannot be asked, 64 wrong usage,
78 settings missing or wrong.`;

/** For one call, as by the other commands that call Resurs. */
const CALL_TIMEOUT_MS = 10_000;

export const payment = defineCommand({
  summary: 'ask Resurs for a payment, beside what is stored',
  help: HELP,
  options: { json: { type: 'boolean', default: false } },
  words: 'any',
  parse: (_values, words) => parsePaymentId(words),
  async run({ parsed: paymentId, values, config, terminal }) {
    const stored = readStored(config, paymentId);
    const atResurs = await askResurs(config, { paymentId, terminal });
    if (atResurs === null) {
      terminal.printError('Stopped on request.');
      return EXIT.failed;
    }
    const report = { paymentId, environment: config.RESURS_ENVIRONMENT, atResurs, stored: await stored };
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
    throw new UsageError('Give the id of one payment, in quotes where it has blanks.');
  }
  if (paymentId.length > MAX_LENGTH || /\p{Cc}/u.test(paymentId)) {
    throw new UsageError(
      `No payment has such an id: it has at most ${MAX_LENGTH} characters, and no control characters.`,
    );
  }
  return paymentId;
}

interface Question {
  readonly paymentId: string;
  readonly terminal: Terminal;
}

/** Null when the operator asked to stop. */
async function askResurs(config: Config, { paymentId, terminal }: Question): Promise<AtResurs | null> {
  if (config.RESURS_USERNAME === null) {
    const { setting, problem, fix } = MISSING.RESURS_USERNAME;
    return { outcome: 'no_account', reason: `${setting} ${problem}: ${fix}` };
  }
  const signal = terminal.stop ?? new AbortController().signal;
  const { payments, close } = createResursClients(config, CALL_TIMEOUT_MS);
  try {
    const readAt = new Date(systemClock.now());
    const result = await payments.read(paymentId, signal);
    switch (result.outcome) {
      case 'found':
        return { outcome: 'found', payment: paymentOf(result.payment, readAt) };
      case 'unknown':
        return { outcome: 'unknown', reason: 'Resurs does not know this payment' };
      case 'failed':
        return { outcome: 'failed', reason: describeFailure(result.failure) };
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return null;
  } finally {
    await close();
  }
}

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
