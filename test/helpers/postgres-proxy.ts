/** Puts a network that a test can break between the service and the tests' Postgres. */
import * as path from 'node:path';
import type { TestContext } from 'node:test';
import { startBreakableProxy } from '../harness/breakable-proxy.ts';

export interface DatabaseProxy {
  /** The database's URL through the proxy. */
  readonly url: string;
  /** Passes nothing on from now on, in either direction, on old and new connections; closes nothing. */
  silence(): void;
  /** Lets statements reach Postgres and take effect, and holds its responses back. */
  holdReplies(): void;
  /** Ends `silence` and `holdReplies`: passes on what has waited and everything after it. */
  speak(): void;
  /** Breaks every connection; new ones are accepted. */
  cut(): void;
  /** Breaks every connection and refuses new ones. */
  leave(): Promise<void>;
  /** Accepts connections again, at the same address. */
  comeBack(): Promise<void>;
}

/** Starts a proxy in front of the database that `databaseUrl` names, on the Unix socket that it names. */
export async function startDatabaseProxy(t: TestContext, databaseUrl: string): Promise<DatabaseProxy> {
  const real = new URL(databaseUrl);
  const socketPath = path.join(real.searchParams.get('host') ?? '', `.s.PGSQL.${real.port || '5432'}`);
  const { port, holdAll, holdReplies, cut, leave, comeBack } = await startBreakableProxy(() => socketPath);
  t.after(leave);
  const releases: (() => void)[] = [];

  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  url.searchParams.delete('host');
  return {
    url: url.href,
    silence: () => void releases.push(holdAll()),
    holdReplies: () => void releases.push(holdReplies()),
    speak() {
      for (const release of releases.splice(0)) release();
    },
    cut: () => cut(false),
    leave,
    comeBack,
  };
}
