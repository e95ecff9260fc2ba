/**
 * The commands of the README run unchanged, in a shell, against the real program; and its table of settings has the names and
 * defaults of the settings. Only the port and the data folder are the test's own.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { isSettingName, settingOf } from '../../src/config/settings.ts';
import { startFakeResurs } from '../../src/simulator/fake-resurs.ts';
import { freePort } from '../harness/listen.ts';
import { waitUntil } from '../harness/wait.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');

async function readText(name: string): Promise<string> {
  return readFile(path.join(ROOT, name), 'utf8');
}

/** The shell blocks of a page, in order, without their indentation. */
function shellBlocks(page: string): string[] {
  return [...page.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].map(([, block = '']) => block.replaceAll(/^ +/gm, ''));
}

/** Runs a script in a process group of its own and resolves with its output. Processes it leaves running end with the test. */
async function runScript(t: TestContext, script: string, env: Record<string, string>): Promise<string> {
  const child = spawn('bash', ['-c', script], { cwd: ROOT, detached: true, env: { ...process.env, ...env } });
  const group = -(child.pid ?? 0);
  t.after(async () => {
    if (isRunning(group)) process.kill(group, 'SIGTERM');
    assert.ok(await waitUntil(async () => !isRunning(group)), 'processes of the script end on SIGTERM');
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, output);
  return output;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('CI runs the commands of the first block', async () => {
  const [first = ''] = shellBlocks(await readText('README.md'));
  const ci = (await readText('.ci/run')).split('\n');

  const commands = first.trim().split('\n');

  assert.deepEqual(commands, ['npm ci', 'npm run demo', 'npm test']);
  for (const command of commands) assert.ok(ci.includes(command), `${command} is in .ci/run`);
});

test('the steps by hand lead from a start to stored events', { timeout: 120_000 }, async (t) => {
  const port = String(await freePort());
  const folder = await mkdtemp(path.join(tmpdir(), 'receiver-readme-'));
  t.after(() => t.after(() => rm(folder, { recursive: true, force: true })));
  const account = { username: 'shop', password: randomUUID() };
  const fakeResurs = await startFakeResurs({ account });
  t.after(() => fakeResurs.stop());
  const [, start = '', query = '', register = '', operate = ''] = shellBlocks(await readText('README.md'));
  const script = [
    'set -euo pipefail',
    start.replace(/^npm start$/m, 'npm start >"$DATA_DIR.log" 2>&1 &'),
    'until curl -sf http://127.0.0.1:8080/readyz >/dev/null; do kill -0 $!; sleep 0.1; done',
    query,
    'echo',
    // A port of this machine has no public name, so doctor fails.
    register.replace(/doctor$/m, 'doctor || [ $? = 1 ]'),
    operate,
  ].join('\n');

  const output = await runScript(t, script.replaceAll(':8080', `:${port}`), {
    PORT: port,
    DATA_DIR: path.join(folder, 'data'),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    RESURS_USERNAME: account.username,
    RESURS_PASSWORD: account.password,
    RESURS_REST_URL: fakeResurs.restUrl,
    RESURS_SOAP_URL: fakeResurs.soapUrl,
  });

  assert.match(output, /UNFREEZE .* 204 OK/);
  assert.match(output, /"webhook":\{"state":"unset"/);
  assert.match(output, /"type":"payment.unfrozen"/);
  assert.match(output, /^All 7 read back\./m);
  assert.match(output, /^TEST arrived [0-9.]+ s after/m);
  assert.match(output, /^✓ registrations .*\n✓ test-callback /m);
  assert.match(output, /\{"status":"ready"\}/);
  assert.match(output, /"message":"No event of this payment is stored\. GET \/refusals /);
  assert.match(
    output,
    /\{"events":\[\],"next":null\}\{"count":0,"summary":"Nothing would be sent again[^"]*"\}\{"refusals":\[.*\]\}\{"rejections":\[\]\}/,
  );
});

test('the table of settings has real settings with their defaults', async () => {
  const rows = [...(await readText('README.md')).matchAll(/^\| (`[A-Z_<>`, ]+) \| (.+?) \| .+ \|$/gm)];

  assert.ok(rows.length >= 10);
  for (const [row, names = '', defaults = ''] of rows) {
    for (const name of names.replaceAll('`', '').split(', ')) {
      const real = name.replace('<TYPE>', 'BOOKED');
      if (real === 'BOOKED' || !real.includes('_')) continue;
      assert.ok(isSettingName(real), `${name} in ${row}`);
      const shown = settingOf(real).defaultText;
      const start = defaults.replaceAll('`', '').split('…')[0] ?? '';
      if (shown !== null && shown !== '')
        assert.ok(start === 'any' || shown.startsWith(start.split(', ')[0] ?? ''), row);
    }
  }
});
