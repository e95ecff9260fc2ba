/**
 * Runs the examples of docs/delivery.md: writes each to a file exactly as the page has it, and verifies messages with it in its
 * own language.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';

const PAGE = path.join(import.meta.dirname, '..', '..', 'docs', 'delivery.md');

/** The secret that every example is given. */
export const SECRET = `whsec_${Buffer.from('a secret of the merchant, /+?').toString('base64')}`;

/** A message as it reaches the merchant. */
export interface Message {
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** Returns for each message whether the example accepts it as genuine. */
export type Verifier = (messages: readonly Message[]) => Promise<boolean[]>;

/** Writes the page's one block of this language to a file of its own and returns its path. */
async function writeExample(t: TestContext, language: string, name: string): Promise<string> {
  const page = await readFile(PAGE, 'utf8');
  const [block, ...others] = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))];
  assert.ok(block?.[1] !== undefined && others.length === 0, `one block of ${language}`);
  const folder = await mkdtemp(path.join(tmpdir(), 'receiver-example-'));
  t.after(() => t.after(() => rm(folder, { recursive: true, force: true })));
  const file = path.join(folder, name);
  await writeFile(file, block[1]);
  return file;
}

export async function typescript(t: TestContext, secret = SECRET): Promise<Verifier> {
  const file = await writeExample(t, 'ts', 'example.ts');
  const { isGenuine } = await import(pathToFileURL(file).href);
  return async (messages) => messages.map(({ headers, body }) => isGenuine(secret, headers, body));
}

const PYTHON_DRIVER = `
import base64, json, sys
from example import is_genuine
secret, messages = json.load(sys.stdin)
json.dump([is_genuine(secret, m["headers"], base64.b64decode(m["body"])) for m in messages], sys.stdout)`;

export async function python(t: TestContext, secret = SECRET): Promise<Verifier> {
  const file = await writeExample(t, 'python', 'example.py');
  return async (messages) => {
    const given = messages.map(({ headers, body }) => ({ headers, body: body.toString('base64') }));
    const input = JSON.stringify([secret, given]);
    const options = { cwd: path.dirname(file), input, encoding: 'utf8' } as const;
    const { stdout, stderr } = spawnSync('python3', ['-B', '-c', PYTHON_DRIVER], options);
    assert.equal(stderr, '');
    return JSON.parse(stdout);
  };
}

/** The PHP example is an endpoint, so messages are sent to it over HTTP. */
export async function php(t: TestContext, secret = SECRET): Promise<Verifier> {
  const file = await writeExample(t, 'php', 'example.php');
  const env = { ...process.env, WEBHOOK_SECRET: secret };
  const server = spawn('php', ['-S', '127.0.0.1:0', file], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const closed = once(server, 'close');
  t.after(async () => {
    server.kill('SIGTERM');
    await closed;
  });
  const url = await urlOfServer(createInterface({ input: server.stderr }));
  return (messages) =>
    Promise.all(
      messages.map(async ({ headers, body }) => {
        const { status } = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) });
        assert.ok(status === 204 || status === 401, String(status));
        return status === 204;
      }),
    );
}

async function urlOfServer(lines: AsyncIterable<string>): Promise<string> {
  const output: string[] = [];
  for await (const line of lines) {
    const url = /\((http:\S+)\) started/.exec(line)?.[1];
    if (url !== undefined) return url;
    output.push(line);
  }
  throw new Error(`PHP's server did not start: ${output.join('\n')}`);
}
