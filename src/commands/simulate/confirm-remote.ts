/** Asks before invented callbacks are stored by a receiver that may be in use. */
import { maskUrl } from '../../config/types/urls.ts';
import type { ReportedCallback } from '../../simulator/result.ts';
import type { Terminal } from '../command.ts';

/** Payments that the question lists. */
const MAX_SHOWN_PAYMENTS = 10;

/** What is about to be sent. */
export interface RemoteRun {
  readonly target: string;
  /** True when the target is on this machine. */
  readonly isLocal: boolean;
  /** True: do not ask. */
  readonly yes: boolean;
  readonly callbacks: readonly Pick<ReportedCallback, 'paymentId'>[];
}

/** Returns whether the callbacks may be sent: to this machine always, to another one if the operator agrees. */
export async function isAllowed(run: RemoteRun, terminal: Terminal): Promise<boolean> {
  if (run.isLocal) return true;
  // On standard error, since with --json the output is one document.
  for (const line of remoteNotice(run)) terminal.printError(line);
  if (run.yes || (await terminal.confirm?.('Send them?')) === true) return true;
  terminal.printError(terminal.confirm === undefined ? 'Nothing was sent. Add --yes to go on.' : 'Nothing was sent.');
  return false;
}

function remoteNotice({ callbacks, target }: RemoteRun): readonly string[] {
  const payments = new Set(callbacks.flatMap(({ paymentId }) => (paymentId === null ? [] : [paymentId])));
  const shown = [...payments].slice(0, MAX_SHOWN_PAYMENTS).join(', ');
  const more = payments.size > MAX_SHOWN_PAYMENTS ? ` and ${payments.size - MAX_SHOWN_PAYMENTS} more` : '';
  return [
    `${callbacks.length} simulated callbacks go to ${maskUrl(target)}, which is not on this machine.`,
    'Its receiver stores them and delivers them to the merchant like real ones.',
    ...(payments.size === 0 ? [] : [`Payments: ${shown}${more}.`]),
    'docs/operations.md, "Remove simulated payments", has the statement that removes them.',
  ];
}
