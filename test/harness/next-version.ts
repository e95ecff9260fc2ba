/**
 * The next version of the program (faults/next-version.ts), run by a test as processes of its own.
 */
import { execFile } from 'node:child_process';
import * as path from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { copyNextVersion } from '../../faults/next-version.ts';
import { makeFolder } from '../helpers/embedded.ts';
import { followLog, spawnReceiver } from './receiver-process.ts';

export { NEXT_MIGRATION } from '../../faults/next-version.ts';

export interface NextVersion {
  /** Runs a command to its end; resolves with what it printed. */
  run(command: string, env: Record<string, string>): Promise<string>;
  /** Starts `serve`; resolves with the address it takes callbacks at, once it is ready. Stopped after the test. */
  serve(env: Record<string, string>): Promise<string>;
}

/** Makes the copy; gone after the test. */
export async function makeNextVersion(t: TestContext): Promise<NextVersion> {
  const folder = await makeFolder(t);
  await copyNextVersion(folder);
  const program = path.join(folder, 'src', 'main.ts');
  const PATH = process.env.PATH ?? '';
  return {
    async run(command, env) {
      return (await promisify(execFile)(process.execPath, [program, command], { env: { PATH, ...env } })).stdout;
    },
    async serve(env) {
      const receiver = spawnReceiver({
        args: [program, 'serve'],
        env: { PATH, HOST: '127.0.0.1', PORT: '0', ...env },
      });
      t.after(() => receiver.stop());
      return followLog(receiver).ready();
    },
  };
}
