/**
 * Gives up a statement that has no response: cancels it on the server and keeps its connection in the pool's count until
 * the server has ended it. Otherwise each new try would leave one more backend there, for instance while every commit
 * waits for a standby that is away, until the server takes no connection any more (53300).
 */
import { setTimeout } from 'node:timers/promises';
import type pg from 'pg';
import { requestCancel } from './cancel-request.ts';
import { backendKeyOf, sessionOf } from './session.ts';

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 1_000;
/** So often in a row the server was not reached: then nothing new is opened there either. */
const MAX_UNREACHED = 3;
/** After so many requests without an effect, the server is asked whether the backend still exists. */
const MAX_UNANSWERED = 6;
const CLOSE_TIMEOUT_MS = 2_000;

export interface GiveUpOptions {
  /** Fires when the pool closes: then nothing is waited for. */
  readonly closing: AbortSignal;
  /** Asks on another connection whether a backend exists; null when that cannot be known now. */
  isBackendAlive?(pid: number): Promise<boolean | null>;
}

/** Resolves when the backend of the connection has ended, or can no longer be reached. Never rejects. */
export async function giveUp(client: pg.Client, options: GiveUpOptions): Promise<void> {
  const { stream } = client.connection;
  const over = new AbortController();
  const end = () => over.abort();
  client.connection.once('readyForQuery', end);
  stream.once('close', end);
  options.closing.addEventListener('abort', end, { once: true });
  if (sessionOf(client)?.isBusy !== true || stream.destroyed || options.closing.aborted) end();
  try {
    await cancelUntilOver(client, options, over.signal);
    await close(client, options.closing);
  } finally {
    options.closing.removeEventListener('abort', end);
  }
}

async function cancelUntilOver(client: pg.Client, options: GiveUpOptions, over: AbortSignal): Promise<void> {
  let unreached = 0;
  let pauseMs = FIRST_PAUSE_MS;
  for (let requests = 1; !over.aborted; requests += 1) {
    unreached = (await requestCancel(client)) ? 0 : unreached + 1;
    if (unreached === MAX_UNREACHED) return;
    // Bytes that reach another host at the same address, as after a failover, make it reset the connection.
    if (!over.aborted) client.connection.sync();
    await setTimeout(pauseMs, undefined, { signal: over }).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
    if (over.aborted || requests < MAX_UNANSWERED) continue;
    if (!(await mayBeAlive(client, options))) return;
  }
}

/** Behind a pooler the backend is the pooler's, which counts it. */
async function mayBeAlive(client: pg.Client, { isBackendAlive }: GiveUpOptions): Promise<boolean> {
  const { processID: pid } = backendKeyOf(client);
  if (isBackendAlive === undefined || pid === null || sessionOf(client)?.isShared === true) return false;
  return (await isBackendAlive(pid)) !== false;
}

/** Closes the connection; resolves when the server has closed it as well. */
async function close(client: pg.Client, closing: AbortSignal): Promise<void> {
  const { stream } = client.connection;
  if (sessionOf(client)?.isBusy === true || closing.aborted) stream.destroy();
  const late = AbortSignal.any([AbortSignal.timeout(CLOSE_TIMEOUT_MS), closing]);
  const onLate = () => void stream.destroy();
  late.addEventListener('abort', onLate, { once: true });
  await client.end().catch(() => undefined);
  late.removeEventListener('abort', onLate);
}
