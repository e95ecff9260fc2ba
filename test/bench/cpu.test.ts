/** The CPU time of Postgres is that of all its processes, also of those that have ended. Real processes. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { cpuMsUsed } from '../../bench/cpu.ts';

const BURNT_MS = 200;
/** /proc counts in steps of 10 ms, and each of the four numbers of a process is rounded down. */
const ROUNDING_MS = 40;
const BURN = `while (process.cpuUsage().user < ${BURNT_MS} * 1_000);`;

/** Starts a process that takes no CPU time itself, and runs this shell script for each line on stdin. */
function setup(t: TestContext, script: string) {
  const server = spawn('sh', ['-c', `while read line; do ${script}; done`], {
    env: { BURN, NODE: process.execPath },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => void server.stdin.end());
  const { pid = 0 } = server;
  return { pid, server };
}

test('the time of a child process counts after it has ended, and the time before does not', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const { pid, server } = setup(t, '"$NODE" -e "$BURN"; echo done');
  const work = async () => {
    server.stdin.write('next\n');
    await once(server.stdout, 'data');
  };
  await work();

  const used = await cpuMsUsed(process.pid, pid);
  await work();
  const one = await used();
  await work();
  const two = await used();

  assert.ok((one?.postgres ?? 0) >= BURNT_MS - ROUNDING_MS, `${one?.postgres} ms`);
  assert.ok((two?.postgres ?? 0) >= 2 * BURNT_MS - ROUNDING_MS, `${two?.postgres} ms`);
  assert.ok((two?.postgres ?? 0) > (one?.postgres ?? 0));
});

test('the time of a child process counts while it runs', { skip: process.platform !== 'linux' }, async (t) => {
  const { pid, server } = setup(t, '"$NODE" -e "$BURN console.log(1); process.stdin.resume()"');

  const used = await cpuMsUsed(process.pid, pid);
  server.stdin.write('next\n');
  await once(server.stdout, 'data');
  const running = await used();

  assert.ok((running?.postgres ?? 0) >= BURNT_MS - ROUNDING_MS, `${running?.postgres} ms`);
});

test('there is no figure for a process that does not exist', async () => {
  const used = await cpuMsUsed(2 ** 31 - 1, 2 ** 31 - 1);

  assert.equal(await used(), null);
});
