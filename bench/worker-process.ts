/**
 * Processes beside the one that measures: the load, the merchant's endpoint, the peers. They take tasks over Node's own
 * channel, one at a time, and end with the process that started them.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';

export interface Helper<Task, Answer> {
  readonly pid: number;
  /** Rejects when the helper fails at the task or ends before. One task at a time. */
  ask(task: Task): Promise<Answer>;
  stop(): Promise<void>;
}

type Reply<Answer> = { readonly answer: Answer } | { readonly failure: string };

/** Starts a file of bench/ that calls `answerTasks`. */
export function startHelper<Task, Answer>(
  file: string,
  env: Readonly<Record<string, string>> = {},
): Helper<Task, Answer> {
  const child = fork(`${import.meta.dirname}/${file}`, { env: { PATH: process.env.PATH ?? '', ...env } });
  const ended = once(child, 'exit');
  return {
    pid: child.pid ?? 0,
    async ask(task) {
      const heard = once(child, 'message');
      child.send(task as object);
      const outcome = await Promise.race([heard, ended.then(() => null)]);
      const reply = outcome?.[0] as Reply<Answer> | undefined;
      if (reply === undefined) throw new Error(`bench/${file} ended before it had an answer`);
      if ('failure' in reply) throw new Error(`bench/${file}: ${reply.failure}`);
      return reply.answer;
    },
    async stop() {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** The helper's side: does each task and answers it. The process ends when its parent lets go. */
export function answerTasks<Task, Answer>(work: (task: Task) => Promise<Answer>): void {
  process.on('message', (task) => {
    void work(task as Task).then(
      (answer) => process.send?.({ answer }),
      (error: unknown) =>
        process.send?.({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
}
