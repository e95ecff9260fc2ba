/**
 * A filter that matches rarely among many costs one window of them a page: a page may be empty with more to come, and who
 * follows `next` to its end has seen every match once. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storePast } from '../harness/seed-events.ts';
import { startWorld, type World } from '../helpers/service.ts';

interface Page {
  readonly events: readonly { readonly paymentId: string }[];
  readonly next: string | null;
}

/** All pages of this query, the first one first. */
async function pagesOf(world: World, query: string): Promise<Page[]> {
  const pages: Page[] = [];
  let next: string | null = '';
  while (next !== null) {
    const answer = await world.look(`/events?${query}${next === '' ? '' : `&cursor=${next}`}`);
    assert.equal(answer.status, 200);
    const page: Page = answer.json;
    pages.push(page);
    next = page.next;
  }
  return pages;
}

test('rare matches behind thousands of others are found by following the pages, each once', async (t) => {
  const world = await startWorld(t);
  await storePast(world, { count: 2, payment: 'rare', state: 'dead_letter', type: 'payment.annulled' });
  await storePast(world, { count: 4_500, payment: 'usual', state: 'dead_letter' });

  const pages = await pagesOf(world, 'state=dead_letter&type=payment.annulled');

  assert.deepEqual(
    pages.map(({ events }) => events.map(({ paymentId }) => paymentId)),
    [[], [], ['rare-2', 'rare-1']],
  );
});

test('with a filter that one index decides every page but the last is full', async (t) => {
  const world = await startWorld(t);
  await storePast(world, { count: 450, payment: 'dead', state: 'dead_letter' });
  await storePast(world, { count: 300, payment: 'done' });

  const pages = await pagesOf(world, 'state=dead_letter&limit=200');

  assert.deepEqual(
    pages.map(({ events }) => events.length),
    [200, 200, 50],
  );
});
