/**
 * Does a replay that the command has started: itself, or by waiting for the replica that does replays now. Both shall
 * never be at it, so the command takes the same lease as the service.
 */
import { setTimeout } from 'node:timers/promises';
import type { Database } from '../db/client.ts';
import { runAsLeader } from '../db/job.ts';
import { errorSummary } from '../lib/errors.ts';
import { findReplay, type Replay, stopReplay } from '../operators/replay-store.ts';
import { REPLAY_TIMES } from '../operators/replays.ts';
import { runReplays } from '../operators/run-replays.ts';
import { deliveries } from '../status/replay-summary.ts';
import { EXIT, type Terminal } from './command.ts';

const LOOK_EVERY_MS = 250;

interface FinishOptions {
  readonly id: string;
  /** Who stops it, when the command is stopped. */
  readonly operator: string;
  readonly terminal: Terminal;
}

/** Resolves with the exit code when it has ended, or was stopped with the command; prints how it ended. */
export async function finishReplay(db: Database, options: FinishOptions): Promise<number> {
  const { id, terminal } = options;
  try {
    return printEnd(await untilEnded(db, options), terminal);
  } catch (error) {
    terminal.showProgress?.('');
    const replayed = await findReplay(db, id).then(
      (found) => found?.replayed ?? 0,
      () => null,
    );
    if (replayed !== null && replayed > 0) terminal.print(`${deliveries(replayed)} will be sent again.`);
    terminal.printError(`The replay failed: ${errorSummary(error)}. A running service goes on with it.`);
    return EXIT.failed;
  }
}

async function untilEnded(db: Database, { id, operator, terminal }: FinishOptions): Promise<Replay> {
  const stop = terminal.stop ?? new AbortController().signal;
  const look = async () => {
    const found = await findReplay(db, id);
    if (found === null) throw new Error('it was removed');
    terminal.showProgress?.(`${found.replayed} of ${found.atLeast ? 'more than ' : ''}${found.count} put back`);
    return found;
  };
  const goesOn = async () => (await look()).state === 'running';
  const run = (signal: AbortSignal) => runReplays(db, { signal, onReplayed: () => undefined, goesOn });
  for (;;) {
    const ended = stop.aborted
      ? null
      : await runAsLeader({ name: 'replays', db, run, times: REPLAY_TIMES }, 0, stop).catch((error: unknown) => {
          if (stop.aborted) return null;
          throw error;
        });
    const replay = ended === null ? await stopReplay(db, id, operator) : await look();
    if (replay === null) throw new Error('it was removed');
    if (replay.state !== 'running') return replay;
    if (ended?.outcome === 'failed' && !stop.aborted) throw new Error(ended.error);
    await setTimeout(LOOK_EVERY_MS, undefined, { signal: stop }).catch(() => undefined);
  }
}

function printEnd({ state, replayed, failed }: Replay, terminal: Terminal): number {
  terminal.showProgress?.('');
  terminal.print(`${deliveries(replayed)} will be sent again.`);
  if (failed > 0) terminal.printError(`The database refused ${deliveries(failed)}, which stay as they are.`);
  if (state === 'stopped') terminal.printError('The replay was stopped, so the rest stays as it is.');
  return state === 'done' && failed === 0 ? EXIT.ok : EXIT.failed;
}
