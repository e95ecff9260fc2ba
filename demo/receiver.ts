/**
 * Runs the receiver as a process of its own, as an operator starts it. When it dies, the error shows its last lines:
 * "not ready" alone would not help. It has its own process group, so that Ctrl-C reaches only the demo, which stops it.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { followLog, spawnReceiver, withLastLines } from '../test/harness/receiver-process.ts';

const READY_WITHIN_MS = 40_000;
const POLL_MS = 50;

export interface Receiver {
  /** Resolves when `/readyz` answers 200. Rejects with the last log lines when the process dies or takes over 40 s. */
  ready(signal: AbortSignal): Promise<void>;
  /** Stops it, and kills it after 15 s. Resolves with the exit code, null after a kill. Safe to call twice. */
  stop(): Promise<number | null>;
  /** The last 20 lines it wrote. */
  lastLines(): readonly string[];
}

export interface ReceiverOptions {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly baseUrl: string;
}

/** Starts the process and returns at once. */
export function startReceiver({ command, cwd, env, baseUrl }: ReceiverOptions): Receiver {
  const receiver = spawnReceiver({ args: command, cwd, env, ownGroup: true });
  const { lastLines } = followLog(receiver);

  return {
    lastLines,
    ready: async (signal) => {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(READY_WITHIN_MS)]);
      while (!(await isReady(baseUrl, deadline))) {
        signal.throwIfAborted();
        if (receiver.hasEnded()) {
          // The exit may be known before the last lines are read.
          await receiver.closed;
          throw new Error(withLastLines(`The receiver ended with ${receiver.describeEnd()}`, lastLines()));
        }
        if (deadline.aborted) {
          throw new Error(withLastLines(`The receiver was not ready after ${READY_WITHIN_MS / 1_000} s`, lastLines()));
        }
        await wait(POLL_MS);
      }
    },
    stop: () => receiver.stop(),
  };
}

async function isReady(baseUrl: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(`${baseUrl}/readyz`, { signal });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}
