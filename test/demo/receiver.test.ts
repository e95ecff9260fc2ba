/**
 * The receiver's process in the demo: when it cannot start, the error shows why; when the demo ends, it is gone. The
 * processes are real, with small programs in the receiver's place.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startReceiver } from '../../demo/receiver.ts';
import { makeSettings } from '../../demo/settings.ts';

/** Listens, is ready at once, and exits with 7 on SIGTERM. */
const OBEDIENT = `
  const server = require('node:http').createServer((_, response) => response.end());
  process.once('SIGTERM', () => process.exit(7));
  server.listen(Number(process.env.PORT), '127.0.0.1');
`;

async function setup(t: TestContext, program: string) {
  const { port } = await makeSettings();
  const receiver = startReceiver({
    command: ['--eval', program],
    cwd: import.meta.dirname,
    env: { PORT: String(port) },
    baseUrl: `http://127.0.0.1:${port}`,
  });
  t.after(() => receiver.stop());
  return receiver;
}

test('a receiver that listens is ready, and gets SIGTERM before SIGKILL', async (t) => {
  const receiver = await setup(t, OBEDIENT);

  await receiver.ready(new AbortController().signal);
  const exitCode = await receiver.stop();

  assert.equal(exitCode, 7);
});

test('stopping twice is harmless', async (t) => {
  const receiver = await setup(t, OBEDIENT);
  await receiver.ready(new AbortController().signal);

  const codes = [await receiver.stop(), await receiver.stop()];

  assert.deepEqual(codes, [7, 7]);
});

test('a receiver that dies leaves its last lines in the error', async (t) => {
  const receiver = await setup(t, `console.error('DATABASE_URL is wrong'); process.exitCode = 78;`);

  await assert.rejects(receiver.ready(new AbortController().signal), (error: Error) => {
    assert.match(error.message, /ended with exit code 78/);
    assert.match(error.message, /DATABASE_URL is wrong/);
    return true;
  });
});

test('only the last 20 lines are kept', async (t) => {
  const receiver = await setup(t, `for (let n = 1; n <= 100; n += 1) console.log('line ' + n);`);

  await assert.rejects(receiver.ready(new AbortController().signal));

  assert.equal(receiver.lastLines().length, 20);
  assert.equal(receiver.lastLines().at(-1), 'line 100');
});

test('an interrupt of the demo ends the wait for the receiver', async (t) => {
  const receiver = await setup(t, 'setInterval(() => undefined, 1000);');
  const stop = new AbortController();

  const ready = receiver.ready(stop.signal);
  stop.abort();

  await assert.rejects(ready, { name: 'AbortError' });
});
