/**
 * Notifies the other replicas that a delivery may be due, and receives their notifications: LISTEN and NOTIFY on a
 * separate connection to the server itself. A notification is only a hint: the dispatcher's poll finds what a lost one
 * announced.
 *
 * NOTIFY is never part of a storing transaction, whose commit would then take a lock on the whole database. It is sent
 * at most 40 times a second, however many commits there are, and its own commit waits for no disk and no standby.
 */
import type { DatabaseUrl } from '../config/rereadable-url.ts';
import type { Clock } from '../lib/clock.ts';
import { createOpener, type OpenConnection, type OpeningObserver } from './connection/open.ts';
import { SERVICE_SETTINGS } from './connection/session-settings.ts';
import { connectNotices, type NoticeConnection } from './notice-connection.ts';

const MIN_INTERVAL_MS = 25;
const FIRST_RECONNECT_WAIT_MS = 250;
const MAX_RECONNECT_WAIT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
const RESPONSE_TIMEOUT_MS = 5_000;
/** Without it, a connection whose server vanished looks alive for two hours. */
const KEEP_ALIVE_AFTER_MS = 10_000;

export interface Notifier {
  /** Connects, and reconnects whenever the connection is lost. A second call changes nothing. */
  start(): void;
  /** Notifies the other replicas, now or within MIN_INTERVAL_MS. */
  notify(): void;
  /** Connects once more, because the server may no longer be the primary. */
  reconnect(): void;
  /** Asks the server whether it still has a backend with this process id; null when it cannot be asked now. */
  isBackendAlive(pid: number): Promise<boolean | null>;
  /** Closes the connection; nothing is sent or received afterwards. */
  stop(): Promise<void>;
}

export interface NotifierOptions {
  /** URL of the server itself: behind a pooler in transaction mode nothing would be received. */
  readonly connectionString: DatabaseUrl;
  readonly observer?: OpeningObserver;
  /** Distinguishes our own notifications from those of other replicas. */
  readonly senderId: string;
  readonly clock: Clock;
  /** Called when another replica has sent a notification, or may have sent one while the connection was lost. */
  onNotification(): void;
  /** Called when the URL leads to a pooler in transaction mode: nothing is sent or received then. */
  onTransactionPooler?(): void;
}

interface NotifierState {
  connection: NoticeConnection | null;
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
    connection: null,
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
    queryTimeoutMs: RESPONSE_TIMEOUT_MS,
    keepAliveAfterMs: KEEP_ALIVE_AFTER_MS,
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
    reconnect() {
      state.reconnectWaitMs = FIRST_RECONNECT_WAIT_MS;
      void state.connection?.close();
    },
    isBackendAlive: async (pid) => (await state.connection?.isBackendAlive(pid)) ?? null,
    async stop() {
      state.isStopped = true;
      clearTimeout(state.reconnect ?? undefined);
      clearTimeout(state.nextNotify ?? undefined);
      await state.connection?.close();
    },
  };
}

async function connect(state: NotifierState, open: OpenConnection, options: NotifierOptions): Promise<void> {
  const connection = connectNotices({
    url: options.connectionString,
    open,
    onNotification(payload) {
      if (payload !== options.senderId) options.onNotification();
    },
    onEnd: () => reconnectLater(state, open, options),
  });
  // Kept while it is being made, so that a stop closes it.
  state.connection = connection;
  switch (await connection.opened) {
    case 'listening':
      state.reconnectWaitMs = FIRST_RECONNECT_WAIT_MS;
      // Other replicas may have sent notifications while we were not connected.
      options.onNotification();
      return;
    case 'transaction_pooler':
      state.isStopped = true;
      await connection.close();
      options.onTransactionPooler?.();
      return;
    case 'failed':
      await connection.close();
      reconnectLater(state, open, options);
  }
}

function reconnectLater(state: NotifierState, open: OpenConnection, options: NotifierOptions): void {
  state.connection = null;
  if (state.isStopped || state.reconnect !== null) return;
  state.reconnect = setTimeout(() => {
    state.reconnect = null;
    void connect(state, open, options);
  }, state.reconnectWaitMs);
  state.reconnectWaitMs = Math.min(state.reconnectWaitMs * 2, MAX_RECONNECT_WAIT_MS);
}

function sendNotify(state: NotifierState, options: NotifierOptions): void {
  state.nextNotify = null;
  // Without a connection nothing is sent: the others poll.
  if (state.connection?.isListening() !== true) return;
  if (state.isSending) {
    state.nextNotify = setTimeout(() => sendNotify(state, options), MIN_INTERVAL_MS);
    return;
  }
  state.sentAtMs = options.clock.elapsed();
  state.isSending = true;
  void state.connection.notify(options.senderId).finally(() => {
    state.isSending = false;
  });
}
