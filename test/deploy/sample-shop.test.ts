/**
 * deploy/sample-shop.ts, the stand-in for a shop in docker-compose.yml: it takes what the real service delivers and nothing
 * signed with another secret. A process of its own, as in its container.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { freePort } from '../harness/listen.ts';
import { waitUntil } from '../harness/wait.ts';
import { sendCallback, webhookEnv } from '../helpers/deliveries.ts';
import { startTestService, WEBHOOK_SECRET } from '../helpers/service.ts';
import { ROOT } from './files.ts';

async function setup(t: TestContext, secret: string) {
  const folder = await mkdtemp(path.join(tmpdir(), 'receiver-shop-'));
  const file = path.join(folder, 'secret');
  await writeFile(file, secret);
  const port = String(await freePort());
  const shop = spawn(process.execPath, [path.join(ROOT, 'deploy', 'sample-shop.ts')], {
    env: { PORT: port, WEBHOOK_SECRET_FILE: file },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(shop, 'exit');
  t.after(async () => {
    shop.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true });
  });
  const lines: string[] = [];
  createInterface({ input: shop.stdout }).on('line', (line) => lines.push(line));
  const url = `http://127.0.0.1:${port}/webhook`;
  const isUp = () =>
    fetch(url).then(
      ({ status }) => status === 401,
      () => false,
    );
  assert.ok(await waitUntil(isUp));
  const receiver = await startTestService(t, { env: webhookEnv(url) });
  return { receiver, lines };
}

test('an event of the service is accepted and printed', async (t) => {
  const { receiver, lines } = await setup(t, WEBHOOK_SECRET);

  await sendCallback(receiver, 'UNFREEZE', '100000016');

  assert.ok(await waitUntil(async () => lines.length > 0));
  assert.match(lines[0] ?? '', /^1 payment\.unfrozen 100000016 evt_[0-9a-f-]{36}$/);
});

test('an event signed with another secret is refused', async (t) => {
  const { receiver, lines } = await setup(
    t,
    `whsec_${Buffer.from('another secret of some length').toString('base64')}`,
  );
  const statuses = 'select status from attempts';

  await sendCallback(receiver, 'UNFREEZE', '100000016');

  assert.ok(await waitUntil(async () => (await receiver.query(statuses)).length > 0));
  assert.deepEqual((await receiver.query(statuses))[0], { status: 401 });
  assert.deepEqual(lines, []);
});
