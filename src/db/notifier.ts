/**
 * Tells the other replicas that a delivery may be due, and hears it from them: LISTEN and NOTIFY on a connection of its
 * own. Only a hint: what is lost here is found by the dispatcher's poll.
 *
 * NOTIFY is never part of a storing transaction, where its commit would take a lock on the whole database, and is sent
 * at most 20 times a second, however many commits there are.
 */
import { Socket } from 'node:net';
import pg from 'pg';
import { abortable } from '../lib/abortable.ts';
import type { Clock } from '../lib/clock.ts';

const CHANNEL = 'resurs_callback_receiver_due';
const MIN_INTERVAL_MS = 50;
const FIRST_RECONNECT_WAIT_MS = 250;
const MAX_RECONNECT_WAIT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 1_000;

export interface Notifier {
  /** Connects, and again whenever the connection is lost. A second call changes nothing. */
  start(): void;
  /** Tells the others, now or within MIN_INTERVAL_MS. */
  notify(): void;
  /** Ends the connection; nothing is heard or told any more. */
  stop(): Promise<void>;
}

export interface NoticesOptions {
  readonly connectionString: string;
  /** Tells our own notices from those of others. */
  readonly senderId: string;
  readonly clock: Clock;
  /** Another replica has announced something, or may have while the connection was away. */
  onNotification(): void;
}

/** What is remembered between calls. */
interface NotifierState {
  client: pg.Client | null;
  socket: Socket | null;
  isListening: boolean;
  isStopped: boolean;
  waitMs: number;
  /** A reconnect or an announcement that is to come. */
  reconnect: NodeJS.Timeout | null;
  announcement: NodeJS.Timeout | null;
  toldAtMs: number;
  /** A notice is on its way; another one waits for it, so that a silent database collects none. */
  isSending: boolean;
}

export function createNotifier(options: NoticesOptions): Notifier {
  const line: NotifierState = {
    client: null,
    socket: null,
    isListening: false,
    isStopped: false,
    waitMs: FIRST_RECONNECT_WAIT_MS,
    reconnect: null,
    announcement: null,
    toldAtMs: Number.NEGATIVE_INFINITY,
    isSending: false,
  };
  let isStarted = false;
  return {
    start() {
      if (!isStarted) void connect(line, options);
      isStarted = true;
    },
    notify() {
      if (line.announcement !== null || line.isStopped) return;
      const waitMs = Math.max(0, line.toldAtMs + MIN_INTERVAL_MS - options.clock.elapsed());
      line.announcement = setTimeout(() => sendNotify(line, options), waitMs);
    },
    async stop() {
      line.isStopped = true;
      clearTimeout(line.reconnect ?? undefined);
      clearTimeout(line.announcement ?? undefined);
      await end(line);
    },
  };
}

/** Says goodbye, but does not wait for a server that no longer speaks. */
async function end({ client, socket }: NotifierState): Promise<void> {
  if (client === null) return;
  const closing = client.end().catch(() => undefined);
  await abortable(closing, AbortSignal.timeout(CLOSE_TIMEOUT_MS)).catch(() => socket?.destroy());
}

async function connect(line: NotifierState, options: NoticesOptions): Promise<void> {
  const client = new pg.Client({
    connectionString: options.connectionString,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'resurs-callback-receiver notices',
    keepAlive: true,
    stream: () => {
      line.socket = new Socket();
      return line.socket;
    },
  });
  client.on('error', () => undefined);
  client.on('notification', ({ payload }) => {
    if (payload !== options.senderId) options.onNotification();
  });
  line.client = client;
  try {
    await client.connect();
    client.on('end', () => reconnectLater(line, options));
    await client.query(`listen ${CHANNEL}`);
    line.isListening = true;
    line.waitMs = FIRST_RECONNECT_WAIT_MS;
    // Whatever was announced while we were away.
    options.onNotification();
  } catch {
    await client.end().catch(() => undefined);
    reconnectLater(line, options);
  }
}

function reconnectLater(line: NotifierState, options: NoticesOptions): void {
  if (line.isStopped || line.reconnect !== null) return;
  line.client = null;
  line.isListening = false;
  line.reconnect = setTimeout(() => {
    line.reconnect = null;
    void connect(line, options);
  }, line.waitMs);
  line.waitMs = Math.min(line.waitMs * 2, MAX_RECONNECT_WAIT_MS);
}

function sendNotify(line: NotifierState, options: NoticesOptions): void {
  line.announcement = null;
  // Not listening yet, or away: the others poll.
  if (line.client === null || !line.isListening) return;
  if (line.isSending) {
    line.announcement = setTimeout(() => sendNotify(line, options), MIN_INTERVAL_MS);
    return;
  }
  line.toldAtMs = options.clock.elapsed();
  line.isSending = true;
  const sent = () => {
    line.isSending = false;
  };
  line.client.query('select pg_notify($1, $2)', [CHANNEL, options.senderId]).then(sent, sent);
}
