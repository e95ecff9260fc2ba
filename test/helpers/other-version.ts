/** Runs another version of the program as processes of a test: the next one, or a release before this one. */
import { execFile } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import * as path from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { copyNextVersion } from '../harness/next-version.ts';
import { bareEnvironment, followLog, ROOT, spawnReceiver } from '../harness/receiver-process.ts';
import { makeFolder } from './embedded.ts';

export interface OtherVersion {
  /** Runs a command to its end; resolves with its stdout. */
  run(command: string, env: Record<string, string>): Promise<string>;
  /** Starts `serve`; resolves when it is ready. It is stopped after the test. */
  serve(env: Record<string, string>): Promise<OtherReceiver>;
}

export interface OtherReceiver {
  /** Of its callback listener. */
  readonly url: string;
  /** Resolves with its exit code. */
  stop(): Promise<number | null>;
  lastLines(): readonly string[];
}

/** Makes the copy, which is removed after the test. */
export async function makeNextVersion(t: TestContext): Promise<OtherVersion> {
  const folder = await makeFolder(t);
  await copyNextVersion(folder);
  return versionIn(t, folder);
}

/** Unpacks a release of test/fixtures/releases, which is removed after the test. It runs with the packages of today. */
export async function unpackRelease(t: TestContext, release: string): Promise<OtherVersion> {
  const folder = await makeFolder(t);
  await promisify(execFile)('tar', ['-xzf', path.join(RELEASES, `${release}.tar.gz`), '-C', folder]);
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  return versionIn(t, folder);
}

const RELEASES = path.join(ROOT, 'test', 'fixtures', 'releases');

function versionIn(t: TestContext, folder: string): OtherVersion {
  const program = path.join(folder, 'src', 'main.ts');
  return {
    async run(command, env) {
      return (
        await promisify(execFile)(process.execPath, [program, command], { env: { ...bareEnvironment(), ...env } })
      ).stdout;
    },
    async serve(env) {
      const receiver = spawnReceiver({
        args: [program, 'serve'],
        env: { ...bareEnvironment(), HOST: '127.0.0.1', PORT: '0', ...env },
      });
      t.after(() => receiver.stop());
      const log = followLog(receiver);
      return { url: await log.ready(), stop: () => receiver.stop(), lastLines: log.lastLines };
    },
  };
}
