/**
 * Notifies the other replicas that a delivery may be due, and receives their notifications: LISTEN and NOTIFY on a
 * separate connection. A notification is only a hint: the dispatcher's poll finds what a lost one announced.
 *
 * NOTIFY is never part of a storing transaction, whose commit would then take a lock on the whole database. It is sent
 * at most 20 times a second, however many commits there are.
 */
import type pg from 'pg';
import type { DatabaseUrl } from '../config/rereadable-url.ts';
import { abortable } from '../lib/abortable.ts';
import type { Clock } from '../lib/clock.ts';
import { createOpener, type OpenConnection, type OpeningObserver } from './connection/open.ts';
import { SERVICE_SETTINGS } from './connection/session-settings.ts';

const CHANNEL = 'resurs_callback_receiver_due';
/** Finds the channel: receivers in other schemas of the database have others, whose notifications are no concern here. */
const SELECT_CHANNEL = `
  select '${CHANNEL}' || case current_schema() when 'public' then '' else '_' || md5(current_schema()) end as channel`;
const MIN_INTERVAL_MS = 50;
const FIRST_RECONNECT_WAIT_MS = 250;
const MAX_RECONNECT_WAIT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
const CLOSE_TIMEOUT_MS = 1_000;

export interface Notifier {
  /** Connects, and reconnects whenever the connection is lost. A second call changes nothing. */
  start(): void;
  /** Notifies the other replicas, now or within MIN_INTERVAL_MS. */
  notify(): void;
  /** Closes the connection; nothing is sent or received afterwards. */
  stop(): Promise<void>;
}

export interface NotifierOptions {
  readonly connectionString: DatabaseUrl;
  readonly observer?: OpeningObserver;
  /** Distinguishes our own notifications from those of other replicas. */
  readonly senderId: string;
  readonly clock: Clock;
  /** Called when another replica has sent a notification, or may have sent one while the connection was lost. */
  onNotification(): void;
}

interface NotifierState {
  client: pg.Client | null;
  /** Aborted on stop: ends a connection that is being opened. */
  readonly stopping: AbortController;
  /** The channel of the schema that the client is in. */
  channel: string;
  isListening: boolean;
  isStopped: boolean;
  reconnectWaitMs: number;
  /** Timer of the next reconnect. */
  reconnect: NodeJS.Timeout | null;
  /** Timer of the next notification. */
  nextNotify: NodeJS.Timeout | null;
  sentAtMs: number;
  /**
   * True while a notification is in flight. The next one waits for it, so that an unresponsive database collects none.
   */
  isSending: boolean;
}

/** Creates the notifier; it connects on `start`. */
export function createNotifier(options: NotifierOptions): Notifier {
  const state: NotifierState = {
    client: null,
    stopping: new AbortController(),
    channel: CHANNEL,
    isListening: false,
    isStopped: false,
    reconnectWaitMs: FIRST_RECONNECT_WAIT_MS,
    reconnect: null,
    nextNotify: null,
    sentAtMs: Number.NEGATIVE_INFINITY,
    isSending: false,
  };
  const open = createOpener({
    url: options.connectionString,
    applicationName: 'resurs-callback-receiver notices',
    settings: SERVICE_SETTINGS,
    timeoutMs: CONNECT_TIMEOUT_MS,
    ...(options.observer === undefined ? {} : { observer: options.observer }),
  });
  let isStarted = false;
  return {
    start() {
      if (!isStarted) void connect(state, open, options);
      isStarted = true;
    },
    notify() {
      if (state.nextNotify !== null || state.isStopped) return;
      const waitMs = Math.max(0, state.sentAtMs + MIN_INTERVAL_MS - options.clock.elapsed());
      state.nextNotify = setTimeout(() => sendNotify(state, options), waitMs);
    },
    async stop() {
      state.isStopped = true;
      state.stopping.abort();
      clearTimeout(state.reconnect ?? undefined);
      clearTimeout(state.nextNotify ?? undefined);
      await close(state);
    },
  };
}

/** Closes the connection without waiting for an unresponsive server. */
async function close({ client }: NotifierState): Promise<void> {
  if (client === null) return;
  const closing = client.end().catch(() => undefined);
  await abortable(closing, AbortSignal.timeout(CLOSE_TIMEOUT_MS)).catch(() => client.connection.stream.destroy());
}

async function connect(state: NotifierState, open: OpenConnection, options: NotifierOptions): Promise<void> {
  try {
    const client = await open(state.stopping.signal);
    client.on('notification', ({ payload }) => {
      if (payload !== options.senderId) options.onNotification();
    });
    client.on('end', () => reconnectLater(state, open, options));
    state.client = client;
    if (state.isStopped) return await close(state);
    const { rows } = await client.query<{ channel: string }>(SELECT_CHANNEL);
    state.channel = rows[0]?.channel ?? CHANNEL;
    await client.query(`listen ${state.channel}`);
    state.isListening = true;
    state.reconnectWaitMs = FIRST_RECONNECT_WAIT_MS;
    // Other replicas may have sent notifications while we were not connected.
    options.onNotification();
  } catch {
    await close(state);
    reconnectLater(state, open, options);
  }
}

function reconnectLater(state: NotifierState, open: OpenConnection, options: NotifierOptions): void {
  if (state.isStopped || state.reconnect !== null) return;
  state.client = null;
  state.isListening = false;
  state.reconnect = setTimeout(() => {
    state.reconnect = null;
    void connect(state, open, options);
  }, state.reconnectWaitMs);
  state.reconnectWaitMs = Math.min(state.reconnectWaitMs * 2, MAX_RECONNECT_WAIT_MS);
}

function sendNotify(state: NotifierState, options: NotifierOptions): void {
  state.nextNotify = null;
  // Without a connection nothing is sent: the others poll.
  if (state.client === null || !state.isListening) return;
  if (state.isSending) {
    state.nextNotify = setTimeout(() => sendNotify(state, options), MIN_INTERVAL_MS);
    return;
  }
  state.sentAtMs = options.clock.elapsed();
  state.isSending = true;
  const onSent = () => {
    state.isSending = false;
  };
  state.client.query('select pg_notify($1, $2)', [state.channel, options.senderId]).then(onSent, onSent);
}
