/**
 * Starts the service as a process of its own on a test's database, as an operator starts it. It is stopped after the
 * test; a test may kill it earlier.
 */
import type { TestContext } from 'node:test';
import { bareEnvironment, followLog, spawnReceiver } from '../harness/receiver-process.ts';
import { SALT } from './callbacks.ts';
import { type LogLine, STATUS_TOKEN } from './service.ts';

export interface ServiceProcess {
  /** http://host:port of the callback listener. */
  readonly url: string;
  readonly log: readonly LogLine[];
  /** Ends it as a power cut would; resolves when it is gone. */
  kill(): Promise<void>;
  /** Sends SIGTERM; resolves with the exit code. Safe to call again. */
  stop(): Promise<number | null>;
}

/** Starts `serve` and waits until it takes callbacks. */
export async function startProcess(
  t: TestContext,
  databaseUrl: string,
  env: Record<string, string> = {},
): Promise<ServiceProcess> {
  const base = { DATABASE_URL: databaseUrl, HOST: '127.0.0.1', PORT: '0', DIGEST_SALT: SALT, STATUS_TOKEN };
  const receiver = spawnReceiver({ env: { ...bareEnvironment(), ...base, ...env } });
  const { kill, stop } = receiver;
  t.after(() => stop());
  const log: LogLine[] = [];
  const keep = (line: string, stream: string) => void (stream === 'stdout' && log.push(JSON.parse(line)));
  const url = await followLog(receiver, keep).ready();
  return { url, log, kill, stop };
}
