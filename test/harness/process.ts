/**
 * The service as a process of its own, started as an operator starts it, on a test's database. It is stopped after the test, or killed
 * in the middle of one.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import { SALT } from '../helpers/callbacks.ts';
import { type LogLine, STATUS_TOKEN } from '../helpers/service.ts';

const PROGRAM = path.resolve(import.meta.dirname, '..', '..', 'src', 'main.ts');

export interface ServiceProcess {
  /** http://host:port of the callback listener. */
  readonly url: string;
  readonly log: readonly LogLine[];
  /** Ends it as a power cut would; resolves when it is gone. */
  kill(): Promise<void>;
  /** Asks it to stop; resolves with its exit code. Safe to call again. */
  stop(): Promise<number | null>;
}

/** Starts `serve` and waits until it takes callbacks. */
export async function startProcess(
  t: TestContext,
  databaseUrl: string,
  env: Record<string, string> = {},
): Promise<ServiceProcess> {
  const base = { DATABASE_URL: databaseUrl, HOST: '127.0.0.1', PORT: '0', DIGEST_SALT: SALT, STATUS_TOKEN };
  const child = spawn(process.execPath, [PROGRAM, 'serve'], {
    env: { PATH: process.env.PATH ?? '', ...base, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  const stop = async () => {
    child.kill('SIGTERM');
    await closed;
    return child.exitCode;
  };
  t.after(stop);
  const log: LogLine[] = [];
  const complaints: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk.toString()));
  const url = await readUntilReady(child.stdout, log).catch((error: unknown) => {
    throw new Error(`the service did not start: ${complaints.join('')}`, { cause: error });
  });
  return {
    url,
    log,
    stop,
    async kill() {
      child.kill('SIGKILL');
      await closed;
    },
  };
}

/** Resolves with the address it listens on, once it is ready; keeps every line. */
function readUntilReady(stdout: Readable, log: LogLine[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let url = '';
  const lines = createInterface({ input: stdout });
  lines.on('line', (line) => {
    const entry: LogLine = JSON.parse(line);
    log.push(entry);
    if (entry.event === 'service.listening') url = String(entry.callbacks);
    if (entry.event === 'service.ready') resolve(url);
  });
  lines.on('close', () => reject(new Error(`it ended with ${JSON.stringify(log)}`)));
  return promise;
}
