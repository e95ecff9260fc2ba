/** One connection of the notifier, from its opening to its end: it listens, notifies, and asks about backends. */
import { Socket } from 'node:net';
import pg from 'pg';
import { abortable } from '../lib/abortable.ts';
import { createSerializer } from '../lib/serializer.ts';
import { giveUp } from './give-up.ts';
import { findPoolerMode } from './pooler.ts';
import { inspectSession, sessionOf } from './session.ts';

const CHANNEL = 'resurs_callback_receiver_due';
const CONNECT_TIMEOUT_MS = 5_000;
const RESPONSE_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 1_000;
/** Without it, a connection whose server vanished looks alive for two hours. */
const KEEP_ALIVE_AFTER_MS = 10_000;

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
  readonly connectionString: string;
  onNotification(payload: string | undefined): void;
  /** Called once when the connection ends after it has listened. */
  onEnd(): void;
}

/** Opens a connection and listens on it. */
export function connectNotices(options: NoticeConnectionOptions): NoticeConnection {
  const socket = new Socket();
  const client = newClient(options, socket);
  let isListening = false;
  const closing = new AbortController();
  const serially = createSerializer();

  async function open(): Promise<Opening> {
    try {
      await client.connect();
      const session = await inspectSession(client, 0);
      if (session.isShared && (await findPoolerMode(options.connectionString)) === 'transaction') {
        return 'transaction_pooler';
      }
      await query(`listen ${CHANNEL}`);
      client.once('end', () => {
        isListening = false;
        options.onEnd();
      });
      isListening = true;
      return 'listening';
    } catch {
      return 'failed';
    }
  }

  function query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return serially(async () => {
      const session = sessionOf(client);
      if (session !== null) session.isBusy = true;
      return (await client.query<Row>(text, values)).rows;
    });
  }

  async function close(): Promise<void> {
    isListening = false;
    closing.abort();
    await abortable(client.end(), AbortSignal.timeout(CLOSE_TIMEOUT_MS)).catch(() => socket.destroy());
    await abortable(opened, AbortSignal.timeout(CLOSE_TIMEOUT_MS)).catch(() => undefined);
  }

  const opened = open();
  return {
    opened,
    isListening: () => isListening,
    async notify(payload) {
      try {
        const [row] = await query<{ isReadOnly: boolean }>(NOTIFY, [CHANNEL, payload]);
        if (row?.isReadOnly !== false) await close();
      } catch {
        isListening = false;
        await giveUp(client, { closing: closing.signal });
      }
    },
    async isBackendAlive(pid) {
      if (!isListening || sessionOf(client)?.isShared !== false) return null;
      try {
        return (await query('select from pg_stat_activity where pid = $1', [pid])).length > 0;
      } catch {
        return null;
      }
    },
    close,
  };
}

/** A hint needs no durable commit, which would wait for the disk, or for a standby that is away. */
const NOTIFY = `
  select set_config('synchronous_commit', 'off', true), pg_notify($1, $2),
         current_setting('transaction_read_only') = 'on' as "isReadOnly"`;

function newClient({ connectionString, onNotification }: NoticeConnectionOptions, socket: Socket): pg.Client {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: RESPONSE_TIMEOUT_MS,
    application_name: 'resurs-callback-receiver notices',
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    stream: () => socket,
  });
  client.on('error', () => undefined);
  client.on('notification', ({ payload }) => onNotification(payload));
  return client;
}
