/**
 * The examples as a shop runs them: each a process of its own, started with the command that examples/README.md names and
 * looked at through its SQLite file.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../harness/wait.ts';
import { CURRENT, eventOf, statusOf } from './sender.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const README = readFileSync(path.join(ROOT, 'examples', 'README.md'), 'utf8');

export interface Example {
  readonly language: string;
  /** Program and arguments. */
  readonly command: readonly string[];
}

/** The examples that examples/README.md tells how to start. */
export const EXAMPLES: readonly Example[] = [...README.matchAll(/^\| (\w+) \| `([^`]+)` \| .+ \|$/gm)].flatMap(
  ([, language = '', command = '']) => (command.includes(' ') ? [{ language, command: command.split(' ') }] : []),
);

/** The same test for each example; skipped where its language is not installed. */
export function testEach(name: string, run: (t: TestContext, example: Example) => Promise<void>): void {
  for (const example of EXAMPLES) {
    const [program = ''] = example.command;
    const isThere = spawnSync(program, ['--version']).status === 0;
    const skip = isThere ? false : `${program} is not installed`;
    test(`${example.language}: ${name}`, { skip }, (t) => run(t, example));
  }
}

export interface Shop {
  readonly url: string;
  /** What it keeps of orders: status by payment. */
  orders(): Record<string, string>;
  /** What it did, in order: one note for each event that was handled. */
  notes(): string[];
  /** Resolves when it has made `count` notes; rejects after a deadline. */
  waitForNotes(count: number): Promise<string[]>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

export interface ShopOptions {
  /** WEBHOOK_SECRET, and WEBHOOK_SECRET_PREVIOUS if there is a second one. */
  readonly secrets?: readonly string[];
  /** Of an earlier shop, to start it anew. */
  readonly dataFile?: string;
}

/** A folder for the shop's data, removed after the test. */
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
      if (made.length < count) throw new Error(`${count} notes expected, made were ${JSON.stringify(made)}`);
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

/** Each says where it listens; whatever else it says is read and dropped, so that it never waits for a reader. */
async function originOf(child: ChildProcess): Promise<string> {
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const find = () => /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
  await waitUntil(async () => find() !== undefined || child.exitCode !== null);
  const origin = find();
  if (origin === undefined) throw new Error(`it did not start: ${said}`);
  return origin;
}

/** Delivers the types as one payment's events and waits until they are worked on; `sequence` is each one's place unless it is named. */
export async function tell(
  shop: Shop,
  types: readonly (string | readonly [type: string, sequence: number])[],
): Promise<void> {
  const before = shop.notes().length;
  for (const [place, told] of types.entries()) {
    const [type, sequence] = typeof told === 'string' ? [told, place + 1] : told;
    assert.equal(await statusOf(shop, eventOf(type, { sequence })), 204);
  }
  await shop.waitForNotes(before + types.length);
}
