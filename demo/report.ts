/**
 * Formats the demo's report: three tables and a list of promises. It is at most 110 columns wide while every promise is
 * kept, and colored only where `colors` does so.
 */
import { styleText } from 'node:util';
import { callbackTable } from '../src/commands/simulate/report.ts';
import { formatTable } from '../src/lib/text-table.ts';
import type { ReceivedRequest } from './merchant.ts';
import type { StoredEvent } from './stored-events.ts';
import type { Check, Evidence } from './verdict.ts';

type Style = 'bold' | 'green' | 'red' | 'dim';
export type Colors = (style: Style, text: string) => string;

/** Returns colors for a terminal. `styleText` obeys NO_COLOR and FORCE_COLOR and leaves a pipe plain. */
export function colorsFor(stream: NodeJS.WriteStream): Colors {
  return (style, text) => styleText(style, text, { stream });
}

/** Returns all lines of the report. */
export function reportLines(
  { callbacks, events, received: arrivals }: Evidence,
  checks: readonly Check[],
  colors: Colors,
): string[] {
  return [
    ...titled(colors, 'What Resurs saw', callbackTable(callbacks)),
    ...titled(colors, 'What was stored', eventTable(events)),
    ...titled(colors, 'What the merchant received', requestTable(arrivals, colors)),
    ...titled(
      colors,
      'Verdict',
      checks.flatMap((check) => checkLines(check, colors)),
    ),
  ];
}

function titled(colors: Colors, title: string, lines: readonly string[]): string[] {
  return ['', colors('bold', title), ...lines.map((line) => `  ${line}`)];
}

function eventTable(events: readonly StoredEvent[]): string[] {
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

function requestTable(arrivals: readonly ReceivedRequest[], colors: Colors): string[] {
  const rows = arrivals.map(({ verified, webhookId, type, paymentId, sequence, attempt, status }) => [
    verified ? colors('green', 'verified') : colors('red', 'REFUSED'),
    webhookId,
    type,
    paymentId ?? '',
    String(sequence),
    String(attempt),
    String(status),
  ]);

  return formatTable(['Signed', 'webhook-id', 'Event', 'Payment', 'Sequence', 'Attempt', 'Status'], rows);
}

function checkLines({ promise, violations }: Check, colors: Colors): string[] {
  if (violations.length === 0) return [`${colors('green', '✓')} ${promise}`];
  return [`${colors('red', '✗')} ${promise}`, ...violations.map((fault) => `    ${fault}`)];
}
