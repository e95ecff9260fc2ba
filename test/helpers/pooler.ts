/** Puts a pooler between a test and its database. */
import * as path from 'node:path';
import type { TestContext } from 'node:test';
import { type PoolerOptions, startPooler } from '../harness/pooler.ts';

/** Starts a pooler in front of the database that `databaseUrl` names; returns the URL through it. */
export async function startDatabasePooler(
  t: TestContext,
  databaseUrl: string,
  options: Partial<Omit<PoolerOptions, 'socketPath'>> = {},
): Promise<string> {
  const real = new URL(databaseUrl);
  const socketPath = path.join(real.searchParams.get('host') ?? '', `.s.PGSQL.${real.port || '5432'}`);
  const pooler = await startPooler({
    socketPath,
    mode: 'transaction',
    servers: 2,
    unknownParameters: 'dropped',
    ...options,
  });
  t.after(() => pooler.close());
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(pooler.port);
  url.searchParams.delete('host');
  return url.href;
}
