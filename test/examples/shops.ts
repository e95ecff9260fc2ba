/**
 * Runs the examples as a shop does: each is a process of its own, started with the command in examples/README.md. Tests
 * read its SQLite file.
 */
import assert from 'node:assert/strict';
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

const ROOT = path.join(import.meta.dirname, '..', '..');
const README = readFileSync(path.join(ROOT, 'examples', 'README.md'), 'utf8');

export interface Example {
  readonly language: string;
  /** Program and arguments. */
  readonly command: readonly string[];
}

/** The examples with a start command in examples/README.md. */
export const EXAMPLES: readonly Example[] = [...README.matchAll(/^\| (\w+) \| `([^`]+)` \| .+ \|$/gm)].flatMap(
  ([, language = '', command = '']) => (command.includes(' ') ? [{ language, command: command.split(' ') }] : []),
);

/** What the examples need beside Node. */
const TOOLS: Readonly<Record<string, readonly ToolPart[]>> = { PHP, Python: PYTHON };

/** Registers the same test for each example; skipped where its language, or a part of it, is not installed. */
export function testEach(name: string, run: (t: TestContext, example: Example) => Promise<void>): void {
  for (const example of EXAMPLES) {
    const skip = skipWithout(TOOLS[example.language] ?? []);
    test(`${example.language}: ${name}`, { skip }, (t) => run(t, example));
  }
}

export interface Shop {
  readonly url: string;
  /** Reads the status of its orders, by payment. */
  orders(): Record<string, string>;
  /** Reads its notes, in order: one for each handled event. */
  notes(): string[];
  /** Resolves when it has made `count` notes; rejects after a deadline. */
  waitForNotes(count: number): Promise<string[]>;
  /** Kills it as a power cut would. */
  kill(): Promise<void>;
}

export interface ShopOptions {
  /** WEBHOOK_SECRET, and optionally WEBHOOK_SECRET_PREVIOUS. */
  readonly secrets?: readonly string[];
  /** The data file of an earlier shop, to restart it. */
  readonly dataFile?: string;
}

/** Makes a folder for the shop's data, which is removed after the test. */
export async function makeDataFile(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'receiver-shop-'));
  t.after(() => t.after(() => rm(folder, { recursive: true, force: true })));
  return path.join(folder, 'events.sqlite');
}

/** Starts the example and waits until it listens. */
export async function startShop(t: TestContext, example: Example, options: ShopOptions = {}): Promise<Shop> {
  const { secrets = [CURRENT], dataFile = await makeDataFile(t) } = options;
  const [program = '', ...args] = example.command.map((word) => word.replace(':9000', ':0'));
  const [WEBHOOK_SECRET = '', WEBHOOK_SECRET_PREVIOUS = ''] = secrets;
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, WEBHOOK_SECRET, WEBHOOK_SECRET_PREVIOUS, DATA_FILE: dataFile, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  const kill = async () => {
    child.kill('SIGKILL');
    await closed;
  };
  t.after(kill);
  const url = `${await originOf(child)}/webhook`;
  const rows = (sql: string) => readRows(dataFile, sql);
  const notes = () => rows('select note from notes order by rowid').map(({ note }) => String(note));
  return {
    url,
    kill,
    notes,
    orders: () => Object.fromEntries(rows('select payment_id, status from orders').map((row) => Object.values(row))),
    async waitForNotes(count) {
      await waitUntil(async () => notes().length >= count);
      const made = notes();
      if (made.length < count) throw new Error(`${count} notes expected, got ${JSON.stringify(made)}`);
      return made;
    },
  };
}

function readRows(file: string, sql: string) {
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

/**
 * Delivers the types as events of one payment and waits until they are handled. The default of `sequence` is the
 * position, from 1.
 */
export async function deliverTypes(
  shop: Shop,
  types: readonly (string | readonly [type: string, sequence: number])[],
): Promise<void> {
  const before = shop.notes().length;
  for (const [index, entry] of types.entries()) {
    const [type, sequence] = typeof entry === 'string' ? [entry, index + 1] : entry;
    assert.equal(await statusOf(shop, eventOf(type, { sequence })), 204);
  }
  await shop.waitForNotes(before + types.length);
}
