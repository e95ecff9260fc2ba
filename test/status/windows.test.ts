/**
 * A filter that matches rarely reads one window of events a page: a page may be empty although more follow, and
 * following `next` to the end returns every match once. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seedEvents } from '../harness/seed-events.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

interface Page {
  readonly events: readonly { readonly paymentId: string }[];
  readonly next: string | null;
}

/** Fetches all pages of a query, in order. */
async function pagesOf(receiver: TestService, query: string): Promise<Page[]> {
  const pages: Page[] = [];
  let next: string | null = '';
  while (next !== null) {
    const response = await receiver.status(`/events?${query}${next === '' ? '' : `&cursor=${next}`}`);
    assert.equal(response.status, 200);
    const page: Page = response.json;
    pages.push(page);
    next = page.next;
  }
  return pages;
}

test('following the pages finds rare matches behind thousands of others, each once', async (t) => {
  const receiver = await startTestService(t);
  await seedEvents(receiver, { count: 2, payment: 'rare', state: 'dead_letter', type: 'payment.annulled' });
  await seedEvents(receiver, { count: 4_500, payment: 'usual', state: 'dead_letter' });

  const pages = await pagesOf(receiver, 'state=dead_letter&type=payment.annulled');

  assert.deepEqual(
    pages.map(({ events }) => events.map(({ paymentId }) => paymentId)),
    [[], [], ['rare-2', 'rare-1']],
  );
});

test('with a filter that one index covers every page but the last is full', async (t) => {
  const receiver = await startTestService(t);
  await seedEvents(receiver, { count: 450, payment: 'dead', state: 'dead_letter' });
  await seedEvents(receiver, { count: 300, payment: 'done' });

  const pages = await pagesOf(receiver, 'state=dead_letter&limit=200');

  assert.deepEqual(
    pages.map(({ events }) => events.length),
    [200, 200, 50],
  );
});
