/**
 * The demo's report for people: three tables and a list of promises. At most 110 columns wide as long as all is well, and in
 * colour only where the caller says so.
 */
import { styleText } from 'node:util';
import { callbackTable } from '../src/commands/simulate/report.ts';
import { formatTable } from '../src/lib/text-table.ts';
import type { Arrival } from './merchant.ts';
import type { KeptEvent } from './stored-events.ts';
import type { Check, Evidence } from './verdict.ts';

type Style = 'bold' | 'green' | 'red' | 'dim';
export type Paint = (style: Style, text: string) => string;

/** Colours for a terminal; `styleText` obeys NO_COLOR and FORCE_COLOR and leaves a pipe plain. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (style, text) => styleText(style, text, { stream });
}

/** All lines of the report. */
export function reportLines(
  { callbacks, events, arrivals }: Evidence,
  checks: readonly Check[],
  paint: Paint,
): string[] {
  return [
    ...titled(paint, 'What Resurs saw', callbackTable(callbacks)),
    ...titled(paint, 'What was kept', eventTable(events)),
    ...titled(paint, 'What the merchant got', arrivalTable(arrivals, paint)),
    ...titled(
      paint,
      'Verdict',
      checks.flatMap((check) => checkLines(check, paint)),
    ),
  ];
}

function titled(paint: Paint, title: string, lines: readonly string[]): string[] {
  return ['', paint('bold', title), ...lines.map((line) => `  ${line}`)];
}

function eventTable(events: readonly KeptEvent[]): string[] {
  const rows = events.map(({ sequence, callback, result, paymentId, type, receipts, delivery }) => [
    String(sequence),
    paymentId ?? '',
    callback,
    result ?? '',
    type,
    String(receipts.count),
    delivery?.state ?? 'none',
    String(delivery?.attemptCount ?? 0),
  ]);

  return formatTable(['Sequence', 'Payment', 'Callback', 'Result', 'Event', 'Receipts', 'Delivery', 'Attempts'], rows);
}

function arrivalTable(arrivals: readonly Arrival[], paint: Paint): string[] {
  const rows = arrivals.map(({ verified, webhookId, type, paymentId, sequence, attempt, status }) => [
    verified ? paint('green', 'verified') : paint('red', 'REFUSED'),
    webhookId,
    type,
    paymentId ?? '',
    String(sequence),
    String(attempt),
    String(status),
  ]);

  return formatTable(['Signed', 'webhook-id', 'Event', 'Payment', 'Sequence', 'Attempt', 'Answer'], rows);
}

function checkLines({ promise, faults }: Check, paint: Paint): string[] {
  if (faults.length === 0) return [`${paint('green', '✓')} ${promise}`];
  return [`${paint('red', '✗')} ${promise}`, ...faults.map((fault) => `    ${fault}`)];
}
