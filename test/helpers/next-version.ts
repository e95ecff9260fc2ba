/** Runs the next version of the program as processes of a test. */
import { execFile } from 'node:child_process';
import * as path from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { copyNextVersion } from '../harness/next-version.ts';
import { bareEnvironment, followLog, spawnReceiver } from '../harness/receiver-process.ts';
import { makeFolder } from './embedded.ts';

export interface NextVersion {
  /** Runs a command to its end; resolves with its stdout. */
  run(command: string, env: Record<string, string>): Promise<string>;
  /** Starts `serve`; resolves with the URL of its callback listener when it is ready. It is stopped after the test. */
  serve(env: Record<string, string>): Promise<string>;
}

/** Makes the copy, which is removed after the test. */
export async function makeNextVersion(t: TestContext): Promise<NextVersion> {
  const folder = await makeFolder(t);
  await copyNextVersion(folder);
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
      return followLog(receiver).ready();
    },
  };
}
