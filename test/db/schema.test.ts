/**
 * The migrated schema equals migrations/schema.sql and the types in src/db/schema.ts and background-schema.ts: a change of one without the
 * others fails here and not in a statement in production. UPDATE_SNAPSHOTS=1 rewrites the file.
 */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { test } from 'node:test';
import { createDatabase } from '../helpers/postgres.ts';
import { dumpSchema } from '../helpers/schema-dump.ts';
import { queryOnce } from '../helpers/service.ts';

const ROOT = path.resolve(import.meta.dirname, '..', '..');
const SNAPSHOT = path.join(ROOT, 'migrations', 'schema.sql');

test('migrations/schema.sql is the schema that the migrations create', async (t) => {
  const { url } = await createDatabase(t);

  const dump = await dumpSchema(url);

  if (process.env.UPDATE_SNAPSHOTS === '1') await writeFile(SNAPSHOT, dump);
  assert.equal(dump, await readFile(SNAPSHOT, 'utf8'));
});

test('the row types have the columns of the database, and their nulls', async (t) => {
  const { url } = await createDatabase(t);

  const rows = await queryOnce<{ column: string }>(
    url,
    `select table_name || '.' || column_name || case is_nullable when 'YES' then ' | null' else '' end as column
     from information_schema.columns
     where table_schema = 'public' and table_name not like 'receiver\\_migration%'`,
  );

  const files = ['schema.ts', 'background-schema.ts'].map((name) =>
    readFile(path.join(ROOT, 'src', 'db', name), 'utf8'),
  );
  const source = (await Promise.all(files)).join('');
  assert.deepEqual(typedColumns(source).toSorted(), rows.map((row) => row.column).toSorted());
});

/** `table.column`, with `| null` if the type has it, of every table in the interfaces Schema and BackgroundSchema. */
function typedColumns(source: string): string[] {
  return ['Schema', 'BackgroundSchema']
    .flatMap((schema) => membersOf(source, schema))
    .flatMap(({ name: table, type }) => {
      return membersOf(source, type).map((column) => {
        return `${table}.${column.name}${column.type.endsWith('| null') ? ' | null' : ''}`;
      });
    });
}

function membersOf(source: string, name: string): { name: string; type: string }[] {
  const body =
    new RegExp(`export interface ${name}(?: extends \\w+)? \\{\\n(.*?)\\n\\}`, 's').exec(source)?.[1] ??
    assert.fail(name);
  return body.split('\n').map((line) => {
    const [, member = '', type = ''] = /^ {2}(\w+): (.+);$/.exec(line) ?? assert.fail(line);
    return { name: member, type };
  });
}
