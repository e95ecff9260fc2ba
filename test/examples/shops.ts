/**
 * Runs the examples as a shop does: each is a process of its own, started with the command in examples/README.md. Tests
 * read its SQLite file.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../harness/wait.ts';
import { PHP, PYTHON, skipWithout, type ToolPart } from '../helpers/tools.ts';
import { CURRENT, eventOf, statusOf } from './sender.ts';

export const ROOT = path.join(import.meta.dirname, '..', '..');
const README = readFileSync(path.join(ROOT, 'examples', 'README.md'), 'utf8');

export interface Example {
  readonly language: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  /** The notice where its language, or a part of it, is not installed; else false. */
  readonly skip: string | false;
}

/** What the examples need beside Node. */
const TOOLS: Readonly<Record<string, readonly ToolPart[]>> = { PHP, Python: PYTHON };

/** The examples with a start command in examples/README.md. */
export const EXAMPLES: readonly Example[] = [...README.matchAll(/^\| (\w+) \| `([^`]+)` \| .+ \|$/gm)].flatMap(
  ([, language = '', command = '']) =>
    command.includes(' ') ? [{ language, command: command.split(' '), skip: skipWithout(TOOLS[language] ?? []) }] : [],
);

/** Registers the same test for each example. */
export function testEach(name: string, run: (t: TestContext, example: Example) => Promise<void>): void {
  for (const example of EXAMPLES) {
    test(`${example.language}: ${name}`, { skip: example.skip }, (t) => run(t, example));
  }
}

export interface Shop {
  readonly url: string;
  /** Reads the status of its orders, by payment. */
  orders(): Record<string, string>;
  /** Reads the types of the events of orders that it has handled, in order. */
  handled(): string[];
  /** Reads its notes for a person, in order: all, or those of one order. */
  remarks(paymentId?: string): string[];
  /** Resolves when it has handled `count` events of orders; rejects after a deadline. */
  waitForHandled(count: number): Promise<string[]>;
  /** Makes PHP work, which has no permanent process: it works only during requests. */
  wake(): Promise<void>;
  /** Resolves when nothing is left to handle or to ask; rejects after a deadline. */
  settle(): Promise<void>;
  /** Runs a statement on its data. */
  run(sql: string): Record<string, unknown>[];
  /** Kills it as a power cut would. */
  kill(): Promise<void>;
}

export interface ShopOptions {
  /** WEBHOOK_SECRET, and optionally WEBHOOK_SECRET_PREVIOUS. */
  readonly secrets?: readonly string[];
  /** The data file of an earlier shop, to restart it. */
  readonly dataFile?: string;
  /** The receiver that it asks for orders that are not certain. */
  readonly receiver?: { readonly url: string; readonly token: string };
}

/** Makes a folder for the shop's data, which is removed after the test; in memory, since no test cuts the power. */
export async function makeDataFile(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(process.env.TEST_MEMORY ?? tmpdir(), 'receiver-shop-'));
  t.after(() => t.after(() => rm(folder, { recursive: true, force: true })));
  return path.join(folder, 'events.sqlite');
}

/** Starts the example and waits until it listens. */
export async function startShop(t: TestContext, example: Example, options: ShopOptions = {}): Promise<Shop> {
  const { secrets = [CURRENT], dataFile = await makeDataFile(t), receiver = { url: '', token: '' } } = options;
  const [program = '', ...args] = example.command.map((word) => word.replace(':9000', ':0'));
  const [WEBHOOK_SECRET = '', WEBHOOK_SECRET_PREVIOUS = ''] = secrets;
  const child = spawn(program, args, {
    cwd: ROOT,
    env: {
      ...process.env,
      ...{ WEBHOOK_SECRET, WEBHOOK_SECRET_PREVIOUS, DATA_FILE: dataFile, PORT: '0' },
      ...{ RECEIVER_URL: receiver.url, RECEIVER_TOKEN: receiver.token, RETRY_SECONDS: '1' },
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  const kill = async () => {
    child.kill('SIGKILL');
    await closed;
  };
  t.after(kill);
  const url = `${await originOf(child)}/webhook`;
  const run = (sql: string) => runOn(dataFile, sql);
  const notes = (isWanted: (note: string, paymentId: string) => boolean) =>
    run('select note, payment_id from notes order by rowid')
      .filter(({ note, payment_id }) => isWanted(String(note), String(payment_id)))
      .map(({ note }) => String(note));
  const handled = () => notes((note) => note.startsWith('payment.'));
  const isBusy = `select exists (select 1 from inbox where handled_at is null)
                      or exists (select 1 from orders where ask_at is not null) as busy`;
  const wake = async () => {
    if (example.language === 'PHP') await statusOf({ url }, eventOf('callback.test', { paymentId: null }));
  };
  return {
    url,
    kill,
    run,
    wake,
    handled,
    remarks: (ofPayment) =>
      notes((note, paymentId) => !note.startsWith('payment.') && paymentId === (ofPayment ?? paymentId)),
    orders: () => Object.fromEntries(run('select payment_id, status from orders').map((row) => Object.values(row))),
    async waitForHandled(count) {
      await waitUntil(async () => handled().length >= count);
      const types = handled();
      if (types.length < count) throw new Error(`${count} events expected, got ${JSON.stringify(types)}`);
      return types;
    },
    async settle() {
      const isSettled = await waitUntil(async () => {
        if (run(isBusy)[0]?.busy === 0) return true;
        await wake();
        return false;
      }, 60_000);
      if (!isSettled) throw new Error(`not settled: ${JSON.stringify(run('select * from orders where ask_at > 0'))}`);
    },
  };
}

/** Returns no rows while the example has not made its tables. */
function runOn(file: string, sql: string): Record<string, unknown>[] {
  const db = new DatabaseSync(file, { timeout: 5_000 });
  try {
    return db.prepare('select 1 from sqlite_schema where name = ?').get('notes') === undefined
      ? []
      : db.prepare(sql).all();
  } finally {
    db.close();
  }
}

/** Finds the printed address. All other output is read and dropped, so that the example never blocks on its output. */
async function originOf(child: ChildProcess): Promise<string> {
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const find = () => /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
  await waitUntil(async () => find() !== undefined || child.exitCode !== null);
  const origin = find();
  if (origin === undefined) throw new Error(`the example did not start: ${output}`);
  return origin;
}
