/**
 * Time, stops and memory of the Merchant API's callbacks: every response is in time whatever else is slow, nothing is
 * accepted while the service stops, and the grace of refused payments has an end. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createConfirmer } from '../../../src/callbacks/mapi/confirm.ts';
import { createRefusedPayments } from '../../../src/callbacks/mapi/refused-payments.ts';
import { listenLocally } from '../../harness/listen.ts';
import { respondJson } from '../../harness/merchant-api.ts';
import { countRows, lockTables } from '../../helpers/database-state.ts';
import {
  assertMapiResponse,
  authorization,
  mapiTarget,
  post,
  startConfirmingReceiver,
  WITH_TOKEN,
} from '../../helpers/mapi.ts';
import { openRequest } from '../../helpers/partial-request.ts';
import { queryOnce, startTestService } from '../../helpers/service.ts';
import { startStopwatch } from '../../helpers/stopwatch.ts';

const TRY_AGAIN = { status: 503, reason: 'Try again.', actual: 'AUTHORIZATION' };
const PATH = mapiTarget('/authorization', null);
const MAX_RESPONSE_MS = 4_000;

test('a slow Merchant API and then a look-up or a database that hangs give 503 in time', async (t) => {
  const lookup = await listenLocally(createServer(() => undefined));
  t.after(lookup.close);
  const { receiver, api, account } = await startConfirmingReceiver(t);
  const env = {
    ...account,
    ORDER_OWNERSHIP: 'lookup',
    ORDER_LOOKUP_URL: `${lookup.url}/{paymentId}`,
    ORDER_LOOKUP_TIMEOUT_MS: '3000',
  };
  const lookingUp = await startTestService(t, { env, databaseUrl: receiver.databaseUrl });
  api.override('/v2/payments/', ({ path }, response) => {
    const id = path.slice('/v2/payments/'.length);
    setTimeout(() => respondJson(response, 200, { id, status: 'ACCEPTED' }), 1_500);
  });
  const lock = await lockTables(t, receiver.databaseUrl, 'identities');

  const watch = startStopwatch();
  const undecidedId = randomUUID();
  const responses = await Promise.all([
    post(lookingUp, `${PATH}?order=1`, authorization(undecidedId)),
    post(receiver, PATH, authorization(randomUUID())),
  ]);
  const durationMs = watch.elapsedMs();
  await lock.release();

  for (const response of responses) assertMapiResponse(response, TRY_AGAIN);
  assert.ok(durationMs < MAX_RESPONSE_MS, `${durationMs} ms`);
  // The other one may be stored all the same: its statement had begun when the response had to leave.
  const undecided = await queryOnce(receiver.databaseUrl, `select from events where payment_id = '${undecidedId}'`);
  assert.equal(undecided.length, 0);
});

test('a callback whose body arrives after the stop gets 503, and nothing is asked', async (t) => {
  const { receiver, api } = await startConfirmingReceiver(t);
  const body = authorization(randomUUID());
  const headers = { 'content-length': body.length, expect: '100-continue' };
  const partial = openRequest(t, { url: receiver.url, target: PATH, headers });
  await partial.continued;

  const stopped = receiver.service.stop();
  partial.end(body);
  const response = await partial.response;
  await stopped;

  assertMapiResponse(response, TRY_AGAIN);
  assert.equal(api.requests.length, 0);
});

test('a callback that is being confirmed when the service stops is stored and gets its response', async (t) => {
  const { receiver, api } = await startConfirmingReceiver(t);
  const id = randomUUID();
  const asked = Promise.withResolvers<() => void>();
  api.override('/v2/payments/', (_request, response) => {
    asked.resolve(() => respondJson(response, 200, { id, status: 'ACCEPTED' }));
  });
  const sending = post(receiver, PATH, authorization(id));
  const answer = await asked.promise;

  const stopped = receiver.service.stop();
  answer();
  const response = await sending;
  await stopped;

  assert.equal(response.status, 204);
  assert.equal((await countRows(receiver)).events, 1);
});

test('while the database is away a callback with a right token gets 503', async (t) => {
  const env = { ...WITH_TOKEN, DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' };
  const receiver = await startTestService(t, { env, databaseUrl: env.DATABASE_URL, untilReady: false });
  receiver.service.ready.catch(() => undefined);

  const responses = await Promise.all([
    post(receiver, mapiTarget('/authorization'), authorization(randomUUID())),
    post(receiver, mapiTarget('/authorization', 'wrong'), authorization(randomUUID())),
  ]);

  assert.deepEqual(
    responses.map(({ status }) => status),
    [503, 401],
  );
});

test('fewer than 256 callbacks that wait to be confirmed are never overload, and more are refused at once', async () => {
  const answers: (() => void)[] = [];
  const client = {
    async payment(id: string) {
      await new Promise<void>((resolve) => void answers.push(resolve));
      return {
        outcome: 'found',
        payment: { id, createdAt: null, status: 'ACCEPTED', order: null, rejectedReason: null },
      } as const;
    },
  };
  const confirmer = createConfirmer({ client, clock: { elapsed: () => 0 } });

  const waiting = Array.from({ length: 264 }, () => confirmer.confirm(randomUUID()));
  const { outcome } = await confirmer.confirm(randomUUID());
  while (answers.length > 0) {
    answers.shift()?.();
    await setImmediate();
  }
  const confirmations = await Promise.all(waiting);

  assert.equal(outcome, 'unavailable');
  assert.ok(confirmations.every((confirmation) => confirmation.outcome === 'confirmed'));
});

test('a process that is held up for longer than a read may take asks no more', async () => {
  let nowMs = 0;
  let reads = 0;
  const heldUpForMs = 3_000;
  const client = {
    async payment() {
      reads += 1;
      // Whoever waits to ask again is held up.
      setTimeout(() => {
        nowMs += heldUpForMs;
      });
      return { outcome: 'unknown' } as const;
    },
  };
  const confirmer = createConfirmer({ client, clock: { elapsed: () => nowMs } });

  const confirmation = await confirmer.confirm(randomUUID());

  assert.deepEqual([confirmation.outcome, reads], ['unavailable', 1]);
});

test('the grace of an unknown payment counts from its first refusal', () => {
  let nowMs = 1_000;
  const refused = createRefusedPayments({ elapsed: () => nowMs });

  const first = refused.refusedForMs('a');
  nowMs += 60_000;
  const later = [refused.refusedForMs('a'), refused.refusedForMs('b')];
  for (let n = 0; n < 10_000; n += 1) refused.refusedForMs(`${n}`);

  assert.deepEqual([first, later, refused.refusedForMs('a')], [0, [60_000, 0], 0]);
});
