/** Paging through events while new ones arrive: every existing event is returned exactly once. Real service. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendCallback } from '../helpers/deliveries.ts';
import { startTestService } from '../helpers/service.ts';

interface Page {
  readonly events: readonly { readonly paymentId: string; readonly sequence: number }[];
  readonly next: string | null;
}

test('no event is skipped or repeated while new ones are added', async (t) => {
  const receiver = await startTestService(t);
  const old = Array.from({ length: 11 }, (_, index) => `old-${index}`);
  for (const paymentId of old) await sendCallback(receiver, 'UNFREEZE', paymentId);

  const seen: string[] = [];
  let cursor: string | null = '';
  for (let page = 0; cursor !== null; page += 1) {
    const { events, next }: Page = (await receiver.status(`/events?limit=3${cursor && `&cursor=${cursor}`}`)).json;
    seen.push(...events.map((event) => event.paymentId));
    cursor = next;
    await sendCallback(receiver, 'UNFREEZE', `new-${page}`);
  }

  assert.deepEqual(seen, old.toReversed());
});

test('a full last page has no cursor', async (t) => {
  const receiver = await startTestService(t);
  for (const paymentId of ['a', 'b']) await sendCallback(receiver, 'UNFREEZE', paymentId);

  const exact: Page = (await receiver.status('/events?limit=2')).json;
  const first: Page = (await receiver.status('/events?limit=1')).json;
  const second: Page = (await receiver.status(`/events?limit=1&cursor=${first.next}`)).json;

  assert.deepEqual([exact.events.length, exact.next], [2, null]);
  assert.notEqual(first.next, null);
  assert.deepEqual([second.events[0]?.paymentId, second.next], ['a', null]);
});

test('a cursor continues within its filter', async (t) => {
  const receiver = await startTestService(t);
  for (const paymentId of ['a', 'b', 'a2', 'b2']) {
    await sendCallback(receiver, paymentId.startsWith('a') ? 'ANNULMENT' : 'UNFREEZE', paymentId);
  }

  const first: Page = (await receiver.status('/events?callback=ANNULMENT&limit=1')).json;
  const second: Page = (await receiver.status(`/events?callback=ANNULMENT&limit=1&cursor=${first.next}`)).json;

  assert.deepEqual(
    [first, second].map((page) => page.events.map((event) => event.paymentId)),
    [['a2'], ['a']],
  );
  assert.equal(second.next, null);
});
