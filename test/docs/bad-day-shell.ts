/**
 * The commands of "A bad day" in docs/runbook.md, part by part, and a shell beside a service that runs them unchanged but
 * for the values that the page has as examples.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { ROOT } from '../harness/receiver-process.ts';
import { SALT } from '../helpers/callbacks.ts';
import { makeFolder } from '../helpers/embedded.ts';
import { STATUS_TOKEN, type TestService } from '../helpers/service.ts';
import { skipWithout } from '../helpers/tools.ts';

const RUNBOOK = await readFile(path.join(ROOT, 'docs', 'runbook.md'), 'utf8');
const [, AFTER_TITLE = ''] = RUNBOOK.split('## A bad day\n');
const [BAD_DAY = ''] = AFTER_TITLE.split(/^## /m);
export const PARTS = new Map(BAD_DAY.split(/^### /m).map((text) => [text.split('\n')[0] ?? '', blocksOf(text)]));
export const skip = skipWithout(
  ['psql', 'openssl'].map((name) => ({
    name,
    command: [name === 'psql' ? 'psql' : 'openssl', name === 'psql' ? '--version' : 'version'],
  })),
);

function blocksOf(text: string): string[] {
  const blocks = [...text.matchAll(/^( *)```sh\n([\s\S]*?)^ *```$/gm)];
  return blocks.map(([, indent = '', block = '']) => block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''));
}

/** Takes the blocks of a part, each of which a test has to run. */
export function takeBlocks(title: string, count: number): string[] {
  const blocks = PARTS.get(title) ?? assert.fail(title);
  assert.equal(blocks.length, count, title);
  return blocks;
}

/** What a block of the page is given on this machine, instead of the values that the page has as examples. */
export type Values = Readonly<Record<string, string>>;

/** Runs blocks of the page in a shell beside a service, after the lines that the page wants first. */
export function createShell(t: TestContext, env: Values = {}) {
  return async (receiver: TestService, block: string, values: Values = {}): Promise<string> => {
    const log = path.join(await makeFolder(t), 'receiver.log');
    await writeFile(log, receiver.logText());
    const [preparation = ''] = RUNBOOK.split(/^## /m);
    const all: Values = { base: receiver.service.urls.status ?? receiver.url, log, ...values };
    const script = Object.entries(all)
      .reduce(
        (text, [name, value]) => text.replace(new RegExp(`^${name}=.*$`, 'm'), () => `${name}=${value}`),
        [...blocksOf(preparation), ...given(values, block), block].join('\n'),
      )
      // What npx starts, without the seconds that npx itself takes each time.
      .replaceAll('npx receiver ', 'node bin/receiver.cjs ');
    const options = {
      cwd: ROOT,
      env: {
        ...process.env,
        PATH: `${path.dirname(process.execPath)}:${process.env.PATH}`,
        DIGEST_SALT: SALT,
        ...env,
        DATABASE_URL: receiver.databaseUrl,
        STATUS_TOKEN,
      },
    };
    const { stdout } = await promisify(execFile)('bash', ['-c', `set -euo pipefail\n${script}`], options);
    return stdout;
  };
}

/** Variables that an earlier block of the part has set in the operator's shell. */
function given(values: Values, block: string): string[] {
  return Object.keys(values)
    .filter((name) => !new RegExp(`^${name}=`, 'm').test(block))
    .map((name) => `${name}=`);
}
