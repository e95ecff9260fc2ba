/** The PHP example on a PHP that lacks an extension says which one, and answers 500 so that no event is lost. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { test } from 'node:test';
import { freePort } from '../harness/listen.ts';
import { waitUntil } from '../harness/wait.ts';
import { send } from '../helpers/callbacks.ts';
import { skipWithout } from '../helpers/tools.ts';
import { CURRENT } from './sender.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const SCRIPT = 'examples/php/webhook.php';
/** Without its configuration PHP loads no extension that is a file of its own. */
const BARE = ['-n'];
const skip =
  skipWithout([{ name: 'php', command: ['php', '--version'] }]) ||
  (spawnSync('php', [...BARE, '-r', "exit(extension_loaded('pdo_sqlite') ? 1 : 0);"]).status !== 0 &&
    'this PHP has pdo_sqlite built in');

test('without pdo_sqlite a request is answered 500, and the log names the extension', { skip }, async (t) => {
  const port = await freePort();
  const env = { ...process.env, WEBHOOK_SECRET: CURRENT, DATA_FILE: '/nowhere/events.sqlite' };
  const php = spawn('php', [...BARE, '-S', `127.0.0.1:${port}`, SCRIPT], { cwd: ROOT, env });
  t.after(async () => {
    php.kill('SIGKILL');
    await once(php, 'close');
  });
  let log = '';
  for (const stream of [php.stdout, php.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const post = () => send(`http://127.0.0.1:${port}`, '/webhook', { method: 'POST', body: '{}' });
  assert.ok(
    await waitUntil(() =>
      post().then(
        () => true,
        () => false,
      ),
    ),
    log,
  );

  const { status } = await post();

  assert.equal(status, 500);
  assert.ok(await waitUntil(async () => /needs PHP extensions that are missing: pdo_sqlite\./.test(log)), log);
});

test('without pdo_sqlite the cron job ends with 1 and names the extension', { skip }, () => {
  const { status, stderr, stdout } = spawnSync('php', [...BARE, SCRIPT], { cwd: ROOT, encoding: 'utf8' });

  assert.equal(status, 1);
  assert.match(stderr + stdout, /missing: pdo_sqlite\./);
});
