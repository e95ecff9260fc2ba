/**
 * A flood of rejected callbacks writes few log lines: the first ones of each response, then a count; never a disk full
 * of lines. Each of them still gets its response, and a valid callback among them is accepted and has its line. Real
 * HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../harness/wait.ts';
import { send, target } from '../helpers/callbacks.ts';
import { countRows } from '../helpers/database-state.ts';
import { STATUS_TOKEN, startTestService } from '../helpers/service.ts';

const FLOOD = 300;

async function setup(t: TestContext) {
  const receiver = await startTestService(t);
  const wrong = (n: number) => send(receiver.url, target('UNFREEZE', `stranger-${n}`, { salt: 'wrong' }));
  const flood = (count: number) => Promise.all(Array.from({ length: count }, (_, n) => wrong(n)));
  const linesOf = (outcome: string) => receiver.log.filter((line) => line.outcome === outcome);
  const countedIn = (outcome: string) =>
    receiver.log
      .filter(({ event }) => event === 'callbacks.rejected')
      .reduce((sum, { counts }) => sum + ((counts as Record<string, number>)[outcome] ?? 0), 0);
  return { receiver, flood, linesOf, countedIn };
}

test('a flood of wrong digests leaves a few lines and a count, and each callback gets its response', async (t) => {
  const { receiver, flood, linesOf, countedIn } = await setup(t);

  const responses = await flood(FLOOD);
  const metrics = await send(receiver.url, '/metrics', { headers: { authorization: `Bearer ${STATUS_TOKEN}` } });
  const isLogged = await waitUntil(
    async () => linesOf('digest_rejected').length + countedIn('digest_rejected') === FLOOD,
  );

  assert.deepEqual([...new Set(responses.map(({ status }) => status))], [406]);
  assert.match(
    metrics.body,
    new RegExp(
      `^resurs_callbacks_total\\{type="UNFREEZE",outcome="digest_rejected",provider="resurs-ecom"\\} ${FLOOD}$`,
      'm',
    ),
  );
  assert.ok(isLogged, 'every rejected callback is logged, by a line or in a count');
  assert.ok(linesOf('digest_rejected').length < FLOOD / 2, `${linesOf('digest_rejected').length} lines`);
});

test('valid callbacks in the middle of a flood are accepted, and each has its line', async (t) => {
  const { receiver, flood, linesOf } = await setup(t);

  const [responses] = await Promise.all([
    Promise.all(Array.from({ length: 30 }, (_, n) => send(receiver.url, target('UNFREEZE', `${n}`)))),
    flood(FLOOD),
  ]);

  assert.deepEqual([...new Set(responses.map(({ status }) => status))], [204]);
  assert.equal(linesOf('recorded').length, 30);
  assert.equal((await countRows(receiver)).events, 30);
});

test('a flood of one response does not hide the first lines of another', async (t) => {
  const { receiver, flood, linesOf } = await setup(t);
  await flood(FLOOD);

  await send(receiver.url, '/callbacks/resurs?c=UNFREEZE');

  assert.equal(linesOf('malformed').length, 1);
});

test('callbacks that are counted but not logged yet are logged when the service stops', async (t) => {
  const { receiver, flood, linesOf, countedIn } = await setup(t);
  await flood(FLOOD);

  await receiver.service.stop();

  assert.equal(linesOf('digest_rejected').length + countedIn('digest_rejected'), FLOOD);
});

test('a few rejected callbacks have a line each, and no summary', async (t) => {
  const { receiver, flood, linesOf } = await setup(t);
  await flood(10);

  await receiver.service.stop();

  assert.equal(linesOf('digest_rejected').length, 10);
  assert.deepEqual(
    receiver.log.filter(({ event }) => event === 'callbacks.rejected'),
    [],
  );
});
