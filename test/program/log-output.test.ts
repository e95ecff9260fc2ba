/**
 * Log lines on standard output: a stalled reader does not block the program, and lines logged just before an exit or a
 * crash are written. Separate programs with real pipes.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';

const LOGGER = join(import.meta.dirname, '..', '..', 'src', 'lib', 'logger.ts');

function start(t: TestContext, statements: string) {
  const program = `import { createLogger } from ${JSON.stringify(LOGGER)}; const log = createLogger('info'); ${statements}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

test('a stalled reader does not block the program', async (t) => {
  // Far more than fits into a pipe; afterwards the event loop runs a few more turns and reports it.
  const child = start(
    t,
    `for (let n = 0; n < 20_000; n += 1) log.info({ n, filler: 'x'.repeat(50) });
     let rounds = 0;
     const timer = setInterval(() => { rounds += 1; if (rounds === 5) { clearInterval(timer); console.error('still alive'); } }, 5);`,
  );

  const [message] = await once(child.stderr, 'data');
  const lines = (await text(child.stdout)).trimEnd().split('\n');

  assert.equal(String(message), 'still alive\n');
  assert.deepEqual([lines.length, JSON.parse(lines.at(-1) ?? '').n], [20_000, 19_999]);
});

for (const [name, end] of [
  ['an exit', 'process.exit(3);'],
  ['an uncaught error', `throw new Error('on purpose');`],
] as const) {
  test(`lines logged just before ${name} are written`, async (t) => {
    const child = start(t, `log.info({ n: 1 }); setImmediate(() => { log.info({ n: 2 }); ${end} });`);

    const lines = (await text(child.stdout)).trimEnd().split('\n');

    // In any order, because one may still be in flight at the end.
    assert.deepEqual(lines.map((line) => JSON.parse(line).n).sort(), [1, 2]);
  });
}
