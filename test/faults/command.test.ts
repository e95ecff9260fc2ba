/** The command `npm run faults`: invalid arguments are explained, and Ctrl-C leaves nothing behind. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { startFaults } from '../helpers/faults.ts';

test('Ctrl-C during process faults leaves nothing behind', async (t) => {
  const { folder, interrupt, said, end } = await startFaults(t, ['replicas', '--short']);

  await said(/faults begin/);
  interrupt();
  const { exitCode, stdout, stderr } = await end();

  assert.equal(exitCode, 130);
  assert.equal(stdout, '');
  assert.match(stderr, /^Seed \d+: .*\n/);
  assert.match(stderr, /Stopped and cleaned up\.$/);
  assert.deepEqual(await readdir(folder), []);
});

const INVALID = ['nothing', '--loud', '--seed many', 'replicas --loud', 'replicas --replicas 1'];

for (const args of INVALID) {
  test(`invalid arguments "${args}" are explained and exit with 64`, async (t) => {
    const { end } = await startFaults(t, args.split(' ').filter(Boolean));

    const { exitCode, stdout, stderr } = await end();

    assert.equal(exitCode, 64);
    assert.equal(stdout, '');
    assert.match(stderr, /Usage:|--help/);
  });
}
