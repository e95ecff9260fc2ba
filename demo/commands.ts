/** The receiver's commands as an operator runs them: each prints what the demo shows of it. */
import { setTimeout as wait } from 'node:timers/promises';
import { reconcile } from '../src/commands/reconcile/reconcile.ts';
import { register } from '../src/commands/register.ts';

/** Resurs' times have no fraction, so what happened within the last second or two is too young to be judged. */
const FOUND_WITHIN_MS = 10_000;
const RECONCILE_AGAIN_AFTER_MS = 500;

export type Print = (line: string) => void;

/** Runs the command as an operator does, and prints its results without its plan. */
export async function registerAll(env: Record<string, string>, print: Print, stop: AbortSignal): Promise<void> {
  const lines: string[] = [];
  const keepLine = (line: string): void => void lines.push(line);
  const exitCode = await register.run(['--yes'], { env, print: keepLine, printError: keepLine, stop });
  stop.throwIfAborted();
  if (exitCode !== 0) throw new Error(['register failed:', ...lines].join('\n  '));
  for (const line of lines.filter((each) => each.includes(': registered over'))) print(`  ${line}`);
}

/** Runs the command as an operator does, until nothing is too young any more, and prints what it has found. */
export async function reconcileAll(env: Record<string, string>, print: Print, stop: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + FOUND_WITHIN_MS;
  for (;;) {
    const { payments, tooYoung } = await reconcileOnce(env, stop);
    for (const { orderReference, missed } of payments) print(`  ${orderReference}: ${missed.join(', ')} was missed`);
    if (tooYoung === 0 || performance.now() > deadlineMs) return;
    await wait(RECONCILE_AGAIN_AFTER_MS, undefined, { signal: stop });
  }
}

async function reconcileOnce(env: Record<string, string>, stop: AbortSignal): Promise<ReconcileReport> {
  const out: string[] = [];
  const errors: string[] = [];
  const printError = (line: string): void => void errors.push(line);
  const exitCode = await reconcile.run(['--json'], { env, print: (line) => void out.push(line), printError, stop });
  stop.throwIfAborted();
  if (exitCode !== 0) throw new Error(['reconcile failed:', ...errors].join('\n  '));
  return JSON.parse(out.join(''));
}

/** The parts of the command's document that the demo shows. */
interface ReconcileReport {
  readonly tooYoung: number;
  readonly payments: readonly MissedPayment[];
}

interface MissedPayment {
  readonly orderReference: string;
  readonly missed: readonly string[];
}
