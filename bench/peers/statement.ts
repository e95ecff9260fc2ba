/**
 * Renders the statement that stores one callback for pgbench: the service's own text from record.ts, as sent for a
 * batch of one, with literal values. Values that differ between callbacks come from pgbench's counters.
 */
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely';
import type { Database } from '../../src/db/client.ts';
import type { Schema } from '../../src/db/schema.ts';
import type { NewEvent } from '../../src/events/event.ts';
import { recordBatch } from '../../src/inbox/record.ts';
import { updateBody } from '../../src/simulator/callbacks.ts';

/** Placeholders for the values that differ; no other value equals them. */
const ID = '00000000-0000-7000-8000-000000000000';
const PAYMENT = 'the-payment';
const ID_OF_NO_CLAIM = '00000000-0000-4000-8000-000000000000';
const MAX_EVENTS = 500;

/**
 * Returns a pgbench script. As in the load, half of the callbacks have a body, every tenth one repeats the one four
 * before it, and every payment has one event.
 */
export async function pgbenchScript(run: string): Promise<string> {
  return [
    String.raw`\set n :n + 1`,
    String.raw`\set payment case when :n % 10 = 9 then :n - 4 else :n end`,
    String.raw`\if :payment % 2 = 0`,
    `${await statementOf(withoutBody, run)};`,
    String.raw`\else`,
    `${await statementOf(withBody, run)};`,
    String.raw`\endif`,
    '',
  ].join('\n');
}

const withoutBody: NewEvent = {
  provider: 'resurs-ecom',
  paymentKey: PAYMENT,
  paymentId: PAYMENT,
  orderReference: PAYMENT,
  callback: 'UNFREEZE',
  type: 'payment.unfrozen',
  result: null,
  method: 'GET',
  registeredAt: new Date(1_700_000_000_000),
  parameters: {},
  body: null,
  verified: { digest: true, result: true, basicAuth: false, source: false },
  identity: { key: 'UNFREEZE', aliasKey: null, windowMs: 2_678_400_000, endedKeys: [] },
};
const withBody: NewEvent = {
  ...withoutBody,
  callback: 'UPDATE',
  type: 'payment.updated',
  method: 'POST',
  body: Buffer.from(updateBody('DEBIT', PAYMENT, 1_700_000_000_000)),
  identity: { ...withoutBody.identity, key: `UPDATE:${'5e'.repeat(32)}` },
};

async function statementOf(event: NewEvent, run: string): Promise<string> {
  const candidate = { id: ID, event, receipts: 1, deliver: true };
  let sent = { text: '', values: [] as readonly unknown[] };
  const db: Database = {
    kysely: new Kysely<Schema>({ dialect: DIALECT }),
    run: async (query) => {
      sent = { text: query.sql, values: query.parameters };
      return [];
    },
    usage: () => ({ total: 0, idle: 0, waiting: 0 }),
    close: async () => undefined,
  };
  const claims = { max: 0, token: ID_OF_NO_CLAIM, leaseMs: 0 };
  await recordBatch(db, [candidate], { maxEventsPerPayment: MAX_EVENTS, claims });
  const written = sent.text.replace(/\$([0-9]+)/g, (_, number: string) =>
    literal(sent.values[Number(number) - 1], run),
  );
  // pgbench reads a statement line by line.
  return written.replace(/\s+/g, ' ');
}

const DIALECT = {
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => new DummyDriver(),
  createIntrospector: (db: Kysely<never>) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
};

function literal(value: unknown, run: string): string {
  if (Array.isArray(value)) return `array[${value.map((one) => literal(one, run)).join(',')}]`;
  if (value === null) return 'null';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const placeholders: Readonly<Record<string, string>> = {
    [ID]: 'uuidv7()::text',
    [PAYMENT]: `'${run}-' || :client_id::text || '-' || :payment::text`,
  };
  const parts = String(value).split(new RegExp(`(${ID}|${PAYMENT})`));
  return `(${parts.map((part) => placeholders[part] ?? quoted(part)).join(' || ')})`;
}

/** Without a colon, behind which pgbench would look for a variable. */
function quoted(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''").replaceAll(':', String.raw`\x3a`)}'`;
}
