/**
 * Finds out which kind of pooler a URL leads to. A pooler in transaction mode gives the same server to several
 * connections in turn; LISTEN does not work behind it, and would make others receive what they did not ask for.
 */
import type pg from 'pg';
import type { DatabaseUrl } from '../config/rereadable-url.ts';
import { isBehindPooler } from './connection/attempt.ts';
import { createOpener } from './connection/open.ts';
import { SERVICE_SETTINGS } from './connection/session-settings.ts';

const TIMEOUT_MS = 5_000;
/** A pooler may hand out its servers in any order; after so many turns two connections have met one. */
const TURNS = 4;

/** `none`: the server itself. `session`: a connection keeps its server. `transaction`: only for one transaction. */
export type PoolerMode = 'none' | 'session' | 'transaction';

/** Returns the kind of pooler behind the URL, with two connections. Throws the error of a connection. */
export async function findPoolerMode(url: DatabaseUrl, signal?: AbortSignal): Promise<PoolerMode> {
  const open = createOpener({
    url,
    applicationName: 'resurs-callback-receiver pooler',
    settings: SERVICE_SETTINGS,
    timeoutMs: TIMEOUT_MS,
    queryTimeoutMs: TIMEOUT_MS,
    isReadOnlyEnough: true,
  });
  const clients: pg.Client[] = [];
  try {
    const first = await open(signal);
    clients.push(first);
    if (!isBehindPooler(first)) return 'none';
    const second = await open(signal);
    clients.push(second);
    return (await doShareServers(first, second)) ? 'transaction' : 'session';
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
}

/** True when the connections meet on one server, or one of them changes servers. */
async function doShareServers(first: pg.Client, second: pg.Client): Promise<boolean> {
  const pid = await pidOf(first);
  const others = new Set<number>();
  for (let turn = 0; turn < TURNS; turn += 1) {
    others.add(await pidOf(second));
    if ((await pidOf(first)) !== pid || others.has(pid) || others.size > 1) return true;
  }
  return false;
}

async function pidOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}
