/**
 * Makes the next version of the program, as far as an update is concerned: a copy with another version number and one
 * more migration, which adds to every table what a migration may add. It runs as processes of its own.
 */
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './receiver-process.ts';

/** Everything that a running receiver needs besides its packages. */
const PARTS = ['src', 'migrations'];

export const NEXT_MIGRATION = '9001_of_the_next_version';

/** Adds columns that older versions do not know, indexes on them, a table, and a constraint that old rows satisfy. */
const MIGRATION = `
import { type Kysely, sql } from 'kysely';

const TABLES = [
  'events', 'identities', 'receipts', 'outbox', 'deliveries', 'dead_letters', 'attempts', 'orders', 'rejections',
];

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

/** Copies the program into an existing, empty folder. Resolves with the version that the copy writes to its log. */
export async function copyNextVersion(folder: string): Promise<string> {
  for (const part of PARTS) await cp(join(ROOT, part), join(folder, part), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'migrations', `${NEXT_MIGRATION}.ts`), MIGRATION);
  const manifest: { readonly version: string } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const version = `${manifest.version}-next`;
  await writeFile(join(folder, 'package.json'), JSON.stringify({ ...manifest, version }));
  return version;
}
