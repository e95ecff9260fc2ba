/** One connection of the notifier, from its opening to its end: it listens, notifies, and asks about backends. */
import type pg from 'pg';
import type { DatabaseUrl } from '../config/rereadable-url.ts';
import { abortable } from '../lib/abortable.ts';
import { createSerializer } from '../lib/serializer.ts';
import type { OpenConnection } from './connection/open.ts';
import { giveUp } from './give-up.ts';
import { findPoolerMode } from './pooler.ts';
import { type Session, trackSession } from './session.ts';

const CHANNEL = 'resurs_callback_receiver_due';
/** Finds the channel: receivers in other schemas of the database have others, whose notifications are no concern here. */
const SELECT_CHANNEL = `
  select '${CHANNEL}' || case current_schema() when 'public' then '' else '_' || md5(current_schema()) end as channel`;
const CLOSE_TIMEOUT_MS = 1_000;

/** `failed`: not connected, or not to a primary. `transaction_pooler`: what it would listen to never arrives. */
export type Opening = 'listening' | 'transaction_pooler' | 'failed';

export interface NoticeConnection {
  /** Resolves when it listens, or has failed to. Never rejects. */
  readonly opened: Promise<Opening>;
  isListening(): boolean;
  /** Sends a notification. Never rejects; closes the connection when that fails or the server only reads. */
  notify(payload: string): Promise<void>;
  /** Null when the server does not tell. */
  isBackendAlive(pid: number): Promise<boolean | null>;
  /** Closes the connection without waiting for an unresponsive server. */
  close(): Promise<void>;
}

export interface NoticeConnectionOptions {
  readonly url: DatabaseUrl;
  readonly open: OpenConnection;
  onNotification(payload: string | undefined): void;
  /** Called once when the connection ends after it has listened. */
  onEnd(): void;
}

interface State {
  client: pg.Client | null;
  session: Session | null;
  /** The channel of the schema that the connection is in. */
  channel: string;
  isListening: boolean;
  readonly closing: AbortController;
}

/** Opens a connection and listens on it. */
export function connectNotices(options: NoticeConnectionOptions): NoticeConnection {
  const closing = new AbortController();
  const state: State = { client: null, session: null, channel: CHANNEL, isListening: false, closing };
  const serially = createSerializer();
  function query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return serially(async () => {
      const { client, session } = state;
      if (client === null || session === null) throw new Error('the connection is not open');
      session.isBusy = true;
      return (await client.query<Row>(text, values)).rows;
    });
  }
  const listening = listen(state, options, async () => {
    const [row] = await query<{ channel: string }>(SELECT_CHANNEL);
    state.channel = row?.channel ?? CHANNEL;
    await query(`listen ${state.channel}`);
  });
  return {
    opened: listening,
    isListening: () => state.isListening,
    async notify(payload) {
      try {
        const [row] = await query<{ isReadOnly: boolean }>(NOTIFY, [state.channel, payload]);
        if (row?.isReadOnly !== false) await close(state, listening);
      } catch {
        state.isListening = false;
        if (state.client !== null) await giveUp(state.client, { closing: state.closing.signal });
      }
    },
    async isBackendAlive(pid) {
      if (!state.isListening || state.session?.isShared !== false) return null;
      try {
        return (await query('select from pg_stat_activity where pid = $1', [pid])).length > 0;
      } catch {
        return null;
      }
    },
    close: () => close(state, listening),
  };
}

/** A hint needs no durable commit, which would wait for the disk, or for a standby that is away. */
const NOTIFY = `
  select set_config('synchronous_commit', 'off', true), pg_notify($1, $2),
         current_setting('transaction_read_only') = 'on' as "isReadOnly"`;

async function listen(
  state: State,
  options: NoticeConnectionOptions,
  subscribe: () => Promise<unknown>,
): Promise<Opening> {
  const { signal } = state.closing;
  try {
    const client = await options.open(signal);
    state.client = client;
    state.session = trackSession(client, 0);
    signal.throwIfAborted();
    client.on('notification', ({ payload }) => options.onNotification(payload));
    if (state.session.isShared && (await findPoolerMode(options.url, signal)) === 'transaction') {
      return 'transaction_pooler';
    }
    await subscribe();
    client.once('end', () => {
      state.isListening = false;
      options.onEnd();
    });
    state.isListening = true;
    return 'listening';
  } catch {
    return 'failed';
  }
}

async function close(state: State, listening: Promise<Opening>): Promise<void> {
  state.isListening = false;
  state.closing.abort();
  const { client } = state;
  if (client !== null) {
    const ended = abortable(client.end(), AbortSignal.timeout(CLOSE_TIMEOUT_MS));
    await ended.catch(() => client.connection.stream.destroy());
  }
  // What was being opened has been closed by its signal.
  await abortable(listening, AbortSignal.timeout(CLOSE_TIMEOUT_MS)).catch(() => undefined);
}
