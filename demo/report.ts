/**
 * Formats the demo's report: three tables and a list of promises. It is at most 110 columns wide while every promise is
 * kept, and colored only where `colors` does so.
 */
import { styleText } from 'node:util';
import { callbackTable } from '../src/commands/simulate/report.ts';
import { formatTable } from '../src/lib/text-table.ts';
import type { SimulatedCallback } from '../src/simulator/result.ts';
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
    ...titled(colors, 'What Resurs saw', callbackTable(callbacks.map(byOrder))),
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

/** A payment of the Merchant API has a long id; the shop knows its order. */
function byOrder(callback: SimulatedCallback): SimulatedCallback {
  return { ...callback, paymentId: callback.orderReference };
}

function eventTable(events: readonly StoredEvent[]): string[] {
  const rows = events.map(({ sequence, callback, result, orderReference, type, receipts, delivery }) => [
    String(sequence),
    orderReference ?? '',
    callback,
    result ?? '',
    type,
    String(receipts.count),
    delivery?.state ?? 'none',
    String(delivery?.attemptCount ?? 0),
  ]);

  return formatTable(['Sequence', 'Order', 'Callback', 'Result', 'Event', 'Receipts', 'Delivery', 'Attempts'], rows);
}

function requestTable(arrivals: readonly ReceivedRequest[], colors: Colors): string[] {
  const rows = arrivals.map((arrival) => [
    arrival.verified ? colors('green', 'verified') : colors('red', 'REFUSED'),
    // The end tells the ids apart: they begin with the time.
    arrival.webhookId.replace(/^evt_.*-/, 'evt_…'),
    arrival.type,
    arrival.orderReference ?? '',
    arrival.paymentState,
    String(arrival.sequence),
    String(arrival.attempt),
    String(arrival.status),
  ]);

  const names = ['Signed', 'webhook-id', 'Event', 'Order', 'Resurs holds', 'Sequence', 'Attempt', 'Status'];
  return formatTable(names, rows);
}

function checkLines({ promise, violations }: Check, colors: Colors): string[] {
  if (violations.length === 0) return [`${colors('green', '✓')} ${promise}`];
  return [`${colors('red', '✗')} ${promise}`, ...violations.map((fault) => `    ${fault}`)];
}
