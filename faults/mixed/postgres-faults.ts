/** Faults of Postgres itself: restarts of every kind, and every way in which a running server can refuse or be slow. */
import pg from 'pg';
import { between } from '../../test/harness/random.ts';
import { sleep, withTimeout } from '../../test/harness/wait.ts';
import type { Fault } from './fault.ts';
import type { Testbed } from './testbed.ts';

const READ_ONLY_MS = [800, 1_200] as const;
const LOCKED_MS = 3_000;
const EXHAUSTED_MS = [1_000, 2_500] as const;
const FULL_MS = [800, 2_000] as const;
const CONNECT_WITHIN_MS = 10_000;
const QUERY_WITHIN_MS = 30_000;
/** For a connection whose server died while it was being closed. */
const CLOSE_WITHIN_MS = 5_000;
/** More than max_connections of the database. */
const TOO_MANY = 70;

function restart(name: string, signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Fault {
  return {
    name,
    group: 'database',
    async inject({ database }) {
      await database.restart(signal);
      return 'survived';
    },
  };
}

const terminateBackends: Fault = {
  name: 'backends-terminated',
  group: 'database',
  async inject({ database }) {
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where backend_type = 'client backend' and pid <> pg_backend_pid()`,
    );
    return 'survived';
  },
};

const readOnly: Fault = {
  name: 'read-only',
  group: 'database',
  async inject(testbed, random) {
    await directly(testbed, async (client) => {
      await client.query('alter system set default_transaction_read_only = on');
      await client.query('select pg_reload_conf()');
      await sleep(between(random, READ_ONLY_MS), testbed.signal);
      await client.query('alter system reset default_transaction_read_only');
      await client.query('select pg_reload_conf()');
    });
    return 'survived';
  },
};

const tablesLocked: Fault = {
  name: 'tables-locked',
  group: 'database',
  async inject(testbed) {
    await directly(testbed, async (client) => {
      while (!(await lockTables(client))) testbed.signal.throwIfAborted();
      await sleep(LOCKED_MS, testbed.signal);
      await client.query('rollback');
    });
    return 'survived';
  },
};

/** Returns false after a deadlock with a statement of the service, which locks the tables in another order. */
async function lockTables(client: pg.Client): Promise<boolean> {
  try {
    await client.query('begin');
    await client.query('lock table events, receipts, outbox, deliveries, attempts in access exclusive mode');
    return true;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.code === DEADLOCK)) throw error;
    await client.query('rollback');
    return false;
  }
}

const DEADLOCK = '40P01';

const connectionsExhausted: Fault = {
  name: 'connections-exhausted',
  group: 'database',
  async inject({ database, signal }, random) {
    // Closes the receivers' own connections, so that they find a server without a free slot.
    const clients = Array.from({ length: TOO_MANY }, () => newClient(database.directUrl()));
    const attempts = await Promise.allSettled(clients.map((client) => client.connect()));
    database.proxy.cut(false);
    await Promise.allSettled(clients.filter((_, index) => attempts[index]?.status === 'rejected').map(closeClient));
    const late = Array.from({ length: TOO_MANY }, () => newClient(database.directUrl()));
    await Promise.allSettled(late.map((client) => client.connect()));
    await sleep(between(random, EXHAUSTED_MS), signal);
    await Promise.allSettled([...clients, ...late].map(closeClient));
    return 'survived';
  },
};

const diskFull: Fault = {
  name: 'disk-full',
  group: 'database',
  async inject({ database, signal }, random) {
    if (database.disk === null) return { skipped: 'no small file system can be mounted here (it needs root)' };
    try {
      await database.disk.fill();
      await sleep(between(random, FULL_MS), signal);
    } finally {
      await database.disk.empty();
    }
    await database.repair();
    return 'survived';
  },
};

function newClient(connectionString: string): pg.Client {
  const client = new pg.Client({
    connectionString,
    application_name: 'faults',
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    query_timeout: QUERY_WITHIN_MS,
  });
  client.on('error', () => undefined);
  return client;
}

/** Runs the work on a connection that bypasses the proxy. */
async function directly({ database }: Testbed, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = newClient(database.directUrl());
  await client.connect();
  try {
    await work(client);
  } finally {
    await closeClient(client);
  }
}

function closeClient(client: pg.Client): Promise<void> {
  return withTimeout(CLOSE_WITHIN_MS, 'a connection', client.end());
}

export const POSTGRES_FAULTS: readonly Fault[] = [
  restart('postgres-restart', 'SIGINT'),
  restart('postgres-immediate', 'SIGQUIT'),
  restart('postgres-kill', 'SIGKILL'),
  terminateBackends,
  readOnly,
  tablesLocked,
  connectionsExhausted,
  diskFull,
];
