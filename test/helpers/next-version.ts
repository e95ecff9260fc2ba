/**
 * The version that comes after this one, as far as an update is concerned: a copy of the program with one more migration, which
 * adds to every table what a migration may add. It runs as processes of its own.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, symlink, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { makeFolder } from './embedded.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');

export const NEXT_MIGRATION = '9001_of_the_next_version';

/** Columns that older versions do not know, indexes over them, a table of its own, and a constraint that old rows meet. */
const MIGRATION = `
import { type Kysely, sql } from 'kysely';

const TABLES = ['payments', 'events', 'identities', 'receipts', 'deliveries', 'attempts', 'orders', 'rejections'];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of TABLES) {
    await sql.raw('alter table ' + table + ' add column of_next text').execute(db);
    await sql.raw('alter table ' + table + ' add column weight_of_next integer not null default 1').execute(db);
    await sql.raw('create index ' + table + '_of_next on ' + table + ' (of_next)').execute(db);
  }
  await sql\`create table things_of_next (event_id uuid primary key references events (id) on delete cascade)\`.execute(db);
  await sql\`alter table events add constraint events_weight_of_next check (weight_of_next > 0)\`.execute(db);
}
`;

export interface NextVersion {
  /** Runs a command to its end; resolves with what it printed. */
  run(command: string, env: Record<string, string>): Promise<string>;
  /** Starts `serve`; resolves with the address it takes callbacks at, once it is ready. Stopped after the test. */
  serve(env: Record<string, string>): Promise<string>;
}

/** Makes the copy; gone after the test. */
export async function makeNextVersion(t: TestContext): Promise<NextVersion> {
  const folder = await makeFolder(t);
  for (const part of ['package.json', 'src', 'migrations']) {
    await cp(path.join(ROOT, part), path.join(folder, part), { recursive: true });
  }
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  await writeFile(path.join(folder, 'migrations', `${NEXT_MIGRATION}.ts`), MIGRATION);
  const program = path.join(folder, 'src', 'main.ts');
  const PATH = process.env.PATH ?? '';
  return {
    async run(command, env) {
      return (await promisify(execFile)(process.execPath, [program, command], { env: { PATH, ...env } })).stdout;
    },
    async serve(env) {
      const child = spawn(process.execPath, [program, 'serve'], {
        env: { PATH, HOST: '127.0.0.1', PORT: '0', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const closed = once(child, 'close');
      t.after(async () => {
        child.kill('SIGTERM');
        await closed;
      });
      let url = '';
      let complaints = '';
      child.stderr.on('data', (chunk: Buffer) => {
        complaints += chunk.toString();
      });
      const { promise, resolve, reject } = Promise.withResolvers<string>();
      const lines = createInterface({ input: child.stdout });
      lines.on('line', (line) => {
        const { event, callbacks, reason } = JSON.parse(line);
        if (event === 'service.listening') url = callbacks;
        if (event === 'service.ready') resolve(url);
        if (event === 'service.failed') reject(new Error(reason));
      });
      lines.on('close', () => reject(new Error(`it ended without being ready: ${complaints}`)));
      return promise;
    },
  };
}
