/** Faults of a real database that `doctor` names, with the fix: what it keeps, stores and allows. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setUpDoctor } from '../helpers/doctor-context.ts';
import { createDatabase, createEmptyDatabase, createEncodedDatabase } from '../helpers/postgres.ts';
import { createRole, withSearchPath } from '../helpers/schemas.ts';
import { queryOnce } from '../helpers/service.ts';
import { STORE_FAULTS } from '../helpers/store-faults.ts';

interface DatabaseFault {
  readonly fault: string;
  readonly check: 'database' | 'schema';
  /** Returns the DATABASE_URL. */
  readonly make: (t: TestContext) => Promise<string>;
  readonly reason: RegExp;
  readonly fix: RegExp;
}

const FAULTS: readonly DatabaseFault[] = [
  ...['LATIN1', 'SQL_ASCII'].flatMap((encoding): DatabaseFault[] =>
    (['database', 'schema'] as const).map((check) => ({
      fault: `the encoding ${encoding}`,
      check,
      make: async (t) => (await createEncodedDatabase(t, encoding)).url,
      reason: new RegExp(`has the encoding ${encoding}, which cannot keep every letter`),
      fix: /encoding 'UTF8' template template0/,
    })),
  ),
  ...STORE_FAULTS.map(
    ({ name, code, make }): DatabaseFault => ({
      fault: name,
      check: 'database',
      async make(t) {
        const { url } = await createDatabase(t);
        await queryOnce(url, make);
        return url;
      },
      reason: new RegExp(`commits, but cannot store a callback \\(${code} .+\\)`),
      fix: code === '53100' ? /^Its disk is full: give it space/ : /docs\/runbook\.md/,
    }),
  ),
  {
    fault: 'no schema',
    check: 'database',
    make: async (t) => withSearchPath((await createEmptyDatabase(t)).url, 'nowhere'),
    reason: /No schema of search_path/,
    fix: /Create the schema/,
  },
  {
    fault: 'a role without rights',
    check: 'schema',
    async make(t) {
      const { url } = await createDatabase(t);
      const role = await createRole(t, url);
      await queryOnce(url, `grant select on all tables in schema public to ${role.name}`);
      return role.url;
    },
    reason: /may not: insert, update, delete on actions; .* on attempts; /,
    fix: /deploy\/roles\.sql/,
  },
];

test('each fault of the database fails the check for it', async (t) => {
  const { check } = await setUpDoctor(t);

  for (const { fault, check: name, make, reason, fix } of FAULTS) {
    await t.test(`${fault}: ${name} names the fix`, async (row) => {
      const finding = await check(name, { DATABASE_URL: await make(row) });

      assert.equal(finding.status, 'fail', finding.reason);
      assert.match(finding.reason, reason);
      assert.match(finding.fix ?? '', fix);
    });
  }
});

test('before the first migration the database passes, and the schema names what is missing', async (t) => {
  const { check } = await setUpDoctor(t);
  const { url } = await createEmptyDatabase(t);

  const database = await check('database', { DATABASE_URL: url });
  const schema = await check('schema', { DATABASE_URL: url });

  assert.deepEqual([database.status, schema.status], ['pass', 'warn']);
  assert.match(schema.reason, /0001_create_events/);
});
