/**
 * The service while its outputs are full or gone: it starts, accepts callbacks, counts the log lines that it loses, and
 * stops when asked. Real processes.
 */
import assert from 'node:assert/strict';
import { closeSync, existsSync, openSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { freePort } from '../harness/listen.ts';
import { bareEnvironment, type ReceiverProcess, spawnReceiver } from '../harness/receiver-process.ts';
import { waitUntil } from '../harness/wait.ts';
import { SALT, send, target } from '../helpers/callbacks.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { parseScrape } from '../helpers/prometheus.ts';
import { STATUS_TOKEN } from '../helpers/service.ts';

/** A device that is always full. */
const FULL = '/dev/full';

/** Starts the service; without its log, only its port shows when it is ready. */
async function start(t: TestContext, spawn: (env: Record<string, string>) => ReceiverProcess) {
  const port = await freePort();
  const base = { DATABASE_URL: (await createDatabase(t)).url, HOST: '127.0.0.1', PORT: String(port) };
  const receiver = spawn({ ...bareEnvironment(), DIGEST_SALT: SALT, STATUS_TOKEN, ...base });
  t.after(() => receiver.stop());
  const url = `http://127.0.0.1:${port}`;
  const isReady = async () => {
    const ready = await send(url, '/readyz').catch(() => null);
    return ready?.status === 200 || receiver.hasEnded();
  };
  assert.ok(await waitUntil(isReady, 40_000));
  assert.equal(receiver.hasEnded(), false, receiver.describeEnd());
  return { receiver, url };
}

async function lostLines(url: string): Promise<number> {
  const metrics = await send(url, '/metrics', { headers: { authorization: `Bearer ${STATUS_TOKEN}` } });
  return parseScrape(metrics.body).samples.get('resurs_log_lines_dropped_total') ?? Number.NaN;
}

function spawnWithoutReaders(env: Record<string, string>): ReceiverProcess {
  const receiver = spawnReceiver({ env });
  receiver.child.stdout?.destroy();
  receiver.child.stderr?.destroy();
  return receiver;
}

function spawnOnFullDisk(env: Record<string, string>): ReceiverProcess {
  const output = openSync(FULL, 'w');
  const receiver = spawnReceiver({ env, output });
  closeSync(output);
  return receiver;
}

for (const { name, spawn, skip } of [
  { name: 'both outputs are pipes that are closed', spawn: spawnWithoutReaders, skip: false },
  { name: 'both outputs are on a full disk', spawn: spawnOnFullDisk, skip: existsSync(FULL) ? false : `no ${FULL}` },
]) {
  test(`when ${name} the service starts, accepts callbacks, counts lost lines and stops`, { skip }, async (t) => {
    const { receiver, url } = await start(t, spawn);

    const statuses = [];
    for (const paymentId of ['1', '2', '3']) statuses.push((await send(url, target('UNFREEZE', paymentId))).status);

    assert.deepEqual(statuses, [204, 204, 204]);
    // At least the lines of the three callbacks.
    assert.ok(await waitUntil(async () => (await lostLines(url)) >= 3));
    assert.equal(await receiver.stop(), 0);
  });
}

test('a service whose lines are not read stops when asked', async (t) => {
  const { receiver, url } = await start(t, (env) => spawnReceiver({ env }));

  // Far more than fits into a pipe and the buffer of its reader.
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(Array.from({ length: 50 }, (_, n) => send(url, target('UNFREEZE', `${n}-${'x'.repeat(200)}`))));
  }

  assert.equal(await receiver.stop(), 0);
});
