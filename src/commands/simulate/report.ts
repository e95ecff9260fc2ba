/**
 * What a simulation tells when it is over: a table of the callbacks and one line about all of them. Salts, keys,
 * passwords and digests appear nowhere.
 */
import { formatTable } from '../../lib/text-table.ts';
import type { SimulatedCallback } from '../../simulator/result.ts';
import type { CallbackSequence } from '../../simulator/scenario.ts';

/** A simulation that was stopped early has proved nothing about the callbacks that are left out. */
export function isAsExpected(story: readonly CallbackSequence[], callbacks: readonly SimulatedCallback[]): boolean {
  return callbacks.length === story.flat().length && callbacks.every(({ asExpected }) => asExpected);
}

/** The report for people; `title` says who was called. */
export function reportLines(
  title: string,
  story: readonly CallbackSequence[],
  callbacks: readonly SimulatedCallback[],
): readonly string[] {
  return [title, '', ...callbackTable(callbacks), '', verdictOf(story, callbacks)];
}

function verdictOf(story: readonly CallbackSequence[], callbacks: readonly SimulatedCallback[]): string {
  const wanted = story.flat().length;
  const failed = callbacks.filter(({ asExpected }) => !asExpected).length;
  if (failed > 0) return `${failed} of ${callbacks.length} callbacks did not end as promised.`;
  if (callbacks.length < wanted) return `Stopped: ${callbacks.length} of ${wanted} callbacks ended.`;
  return `All ${wanted} callbacks ended as promised.`;
}

/** The callbacks of a simulation as a table; a line that is not as promised says what was. */
export function callbackTable(callbacks: readonly SimulatedCallback[]): string[] {
  const rows = callbacks.map((callback) => [
    callback.methods.join('→'),
    callback.type,
    callback.paymentId ?? '',
    callback.label,
    answerText(callback),
    String(callback.tries),
  ]);

  return formatTable(['Sent', 'Type', 'Payment', 'Note', 'Answer', 'Tries'], rows);
}

function answerText({ status, reason, phrase, expected, asExpected }: SimulatedCallback): string {
  const seen = status === null ? reason : `${status} ${reason}`;
  if (asExpected) return seen;
  const onlyPhrase = status === expected.status && reason === expected.reason;
  return onlyPhrase ? `${seen} ✗ status line: ${phrase}` : `${seen} ✗ promised: ${expected.status} ${expected.reason}`;
}
