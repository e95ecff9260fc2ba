/** What is done to Postgres itself: restarts of every kind, and everything by which a living one can refuse or be slow. */
import pg from 'pg';
import { sleep, withTimeout } from '../../test/harness/wait.ts';
import { within } from '../random.ts';
import type { Fault } from './fault.ts';
import type { World } from './testbed.ts';

const READ_ONLY_MS = [800, 1_200] as const;
const LOCKED_MS = 3_000;
const EXHAUSTED_MS = [1_000, 2_500] as const;
const FULL_MS = [800, 2_000] as const;
const CONNECT_WITHIN_MS = 10_000;
const QUERY_WITHIN_MS = 30_000;
/** A connection whose server died in the middle of its farewell. */
const FAREWELL_WITHIN_MS = 5_000;
/** Above max_connections of the database. */
const MANY = 70;

function restart(name: string, signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Fault {
  return {
    name,
    lane: 'database',
    async happen({ database }) {
      await database.restart(signal);
      return 'survived';
    },
  };
}

const terminateBackends: Fault = {
  name: 'backends-terminated',
  lane: 'database',
  async happen({ database }) {
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where backend_type = 'client backend' and pid <> pg_backend_pid()`,
    );
    return 'survived';
  },
};

const readOnly: Fault = {
  name: 'read-only',
  lane: 'database',
  async happen(world, random) {
    await directly(world, async (client) => {
      await client.query('alter system set default_transaction_read_only = on');
      await client.query('select pg_reload_conf()');
      await sleep(within(random, READ_ONLY_MS), world.signal);
      await client.query('alter system reset default_transaction_read_only');
      await client.query('select pg_reload_conf()');
    });
    return 'survived';
  },
};

const tablesLocked: Fault = {
  name: 'tables-locked',
  lane: 'database',
  async happen(world) {
    await directly(world, async (client) => {
      while (!(await lockTables(client))) world.signal.throwIfAborted();
      await sleep(LOCKED_MS, world.signal);
      await client.query('rollback');
    });
    return 'survived';
  },
};

/** False when a statement of the service, which takes them in another order, was in the way: Postgres ends one of the two. */
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
  lane: 'database',
  async happen({ database, signal }, random) {
    // Those that the receivers hold are ended, so that they meet a server without a free place.
    const clients = Array.from({ length: MANY }, () => newClient(database.directUrl()));
    const taken = await Promise.allSettled(clients.map((client) => client.connect()));
    database.proxy.cut(false);
    await Promise.allSettled(clients.filter((_, index) => taken[index]?.status === 'rejected').map(leave));
    const late = Array.from({ length: MANY }, () => newClient(database.directUrl()));
    await Promise.allSettled(late.map((client) => client.connect()));
    await sleep(within(random, EXHAUSTED_MS), signal);
    await Promise.allSettled([...clients, ...late].map(leave));
    return 'survived';
  },
};

const diskFull: Fault = {
  name: 'disk-full',
  lane: 'database',
  async happen({ database, signal }, random) {
    if (database.disk === null) return { skipped: 'no small file system can be mounted here (it needs root)' };
    try {
      await database.disk.fill();
      await sleep(within(random, FULL_MS), signal);
    } finally {
      await database.disk.empty();
    }
    await database.mend();
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

async function directly({ database }: World, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = newClient(database.directUrl());
  await client.connect();
  try {
    await work(client);
  } finally {
    await leave(client);
  }
}

function leave(client: pg.Client): Promise<void> {
  return withTimeout(FAREWELL_WITHIN_MS, 'a connection', client.end());
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
