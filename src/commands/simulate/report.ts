/**
 * Formats the report of a simulation: a table of the callbacks and one line about all of them. It contains no salts,
 * keys, passwords or digests.
 */
import { formatTable } from '../../lib/text-table.ts';
import type { SimulatedCallback } from '../../simulator/result.ts';

/** The callbacks that were planned, in sequences. */
type Planned = readonly (readonly unknown[])[];

/** Returns true when every callback of the scenario ended as expected; one that was left out did not. */
export function isAsExpected(scenario: Planned, callbacks: readonly SimulatedCallback[]): boolean {
  return callbacks.length === scenario.flat().length && callbacks.every(({ asExpected }) => asExpected);
}

/** Formats the report for people; `title` names what was called. */
export function reportLines(
  title: string,
  scenario: Planned,
  callbacks: readonly SimulatedCallback[],
): readonly string[] {
  return [title, '', ...callbackTable(callbacks), '', verdictLine(scenario, callbacks)];
}

function verdictLine(scenario: Planned, callbacks: readonly SimulatedCallback[]): string {
  const planned = scenario.flat().length;
  const failed = callbacks.filter(({ asExpected }) => !asExpected).length;
  if (failed > 0) return `${failed} of ${callbacks.length} callbacks did not end as expected.`;
  if (callbacks.length < planned) return `Stopped: ${callbacks.length} of ${planned} callbacks ended.`;
  return `All ${planned} callbacks ended as expected.`;
}

/** Formats the callbacks as a table; an unexpected response is followed by the expected one. */
export function callbackTable(callbacks: readonly SimulatedCallback[]): string[] {
  const rows = callbacks.map((callback) => [
    callback.lost ? '–' : callback.methods.join('→'),
    callback.type,
    callback.paymentId ?? '',
    callback.label,
    responseText(callback),
    String(callback.tries),
  ]);

  return formatTable(['Sent', 'Type', 'Payment', 'Note', 'Response', 'Tries'], rows);
}

function responseText({ status, reason, phrase, expected, asExpected }: SimulatedCallback): string {
  const seen = status === null ? reason : `${status} ${reason}`;
  if (asExpected) return seen;
  const onlyPhrase = status === expected.status && reason === expected.reason;
  return onlyPhrase ? `${seen} ✗ status line: ${phrase}` : `${seen} ✗ expected: ${expected.status} ${expected.reason}`;
}
