/**
 * Finds out which kind of pooler a URL leads to. A pooler in transaction mode gives the same server to several
 * connections in turn; LISTEN does not work behind it, and would make others receive what they did not ask for.
 */
import pg from 'pg';
import { announcedPid } from './session.ts';

const TIMEOUT_MS = 5_000;
/** A pooler may hand out its servers in any order; after so many turns two connections have met one. */
const TURNS = 4;

/** `none`: the server itself. `session`: a connection keeps its server. `transaction`: only for one transaction. */
export type PoolerMode = 'none' | 'session' | 'transaction';

/** Returns the kind of pooler behind the URL, with two connections. Throws the error of a connection. */
export async function findPoolerMode(connectionString: string): Promise<PoolerMode> {
  const clients = [newClient(connectionString), newClient(connectionString)] as const;
  const [first, second] = clients;
  try {
    await first.connect();
    const pid = await pidOf(first);
    if (pid === announcedPid(first)) return 'none';
    await second.connect();
    const others = new Set<number>();
    for (let turn = 0; turn < TURNS; turn += 1) {
      others.add(await pidOf(second));
      if ((await pidOf(first)) !== pid || others.has(pid) || others.size > 1) return 'transaction';
    }
    return 'session';
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
}

function newClient(connectionString: string): pg.Client {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
    application_name: 'resurs-callback-receiver pooler',
  });
  // A connection that breaks reports it here as well; without a listener the process would end.
  client.on('error', () => undefined);
  return client;
}

async function pidOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}
