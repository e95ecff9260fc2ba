/**
 * Runs the load, the merchant's endpoint and the peers in processes beside the measuring one. They receive one task at
 * a time over Node's IPC channel and end with the process that started them.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';

export interface WorkerProcess<Task, Result> {
  readonly pid: number;
  /** Rejects when the task fails or the process ends first. One task at a time. */
  run(task: Task): Promise<Result>;
  stop(): Promise<void>;
}

type TaskOutcome<Result> = { readonly result: Result } | { readonly failure: string };

/** Starts a file of bench/ that calls `serveTasks`. */
export function startWorkerProcess<Task, Result>(
  file: string,
  env: Readonly<Record<string, string>> = {},
): WorkerProcess<Task, Result> {
  const child = fork(`${import.meta.dirname}/${file}`, { env: { PATH: process.env.PATH ?? '', ...env } });
  const ended = once(child, 'exit');
  return {
    pid: child.pid ?? 0,
    async run(task) {
      const message = once(child, 'message');
      child.send(task as object);
      const received = await Promise.race([message, ended.then(() => null)]);
      const outcome = received?.[0] as TaskOutcome<Result> | undefined;
      if (outcome === undefined) throw new Error(`bench/${file} ended without a result`);
      if ('failure' in outcome) throw new Error(`bench/${file}: ${outcome.failure}`);
      return outcome.result;
    },
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** Serves the tasks inside the worker process. The process ends when its parent disconnects. */
export function serveTasks<Task, Result>(work: (task: Task) => Promise<Result>): void {
  process.on('message', (task) => {
    void work(task as Task).then(
      (result) => process.send?.({ result }),
      (error: unknown) =>
        process.send?.({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
}
