/**
 * The token of the URL is nowhere but in the settings: in no log line, row, status response, metric or refusal; and a
 * stranger cannot fill the log. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { send } from '../../helpers/callbacks.ts';
import { lockTables } from '../../helpers/database-state.ts';
import {
  authorization,
  MAPI_TOKEN,
  mapiTarget,
  post,
  startConfirmingReceiver,
  WITH_TOKEN,
} from '../../helpers/mapi.ts';
import { STATUS_TOKEN, startTestService } from '../../helpers/service.ts';
import { requestStatusApi } from '../../helpers/status.ts';

test('the token is in no log line, row, status response, metric or refusal', async (t) => {
  const previous = 'the-token-that-was-before-3Xs1';
  const wrong = 'a-wrong-token-of-a-stranger-0000';
  const env = {
    ...WITH_TOKEN,
    MAPI_CALLBACK_TOKEN_PREVIOUS: previous,
    LOG_LEVEL: 'trace',
    ORDER_OWNERSHIP: 'pattern',
    ORDER_PATTERN: 'SHOP-.*',
  };
  const receiver = await startTestService(t, { env });
  const id = randomUUID();
  const targets = [
    mapiTarget('/authorization?a=1'),
    mapiTarget('/authorization?order=OTHER-1'),
    mapiTarget('/authorization', previous),
    mapiTarget('/authorization', wrong),
    mapiTarget('/no/such/path'),
    mapiTarget('?amp;TOKEN=x'),
    mapiTarget('?x=1&amp;amp;order=.'),
  ];

  for (const target of targets) {
    await post(receiver, target, authorization(id));
    await post(receiver, target);
    await post(receiver, target, '{"paymentId":"no id"}');
    await send(receiver.url, target, { method: 'PUT' });
  }
  const lock = await lockTables(t, receiver.databaseUrl, 'identities');
  await post(receiver, mapiTarget(), authorization(randomUUID()));
  await lock.release();

  const pages = ['/status', '/events', '/refusals', '/rejections', `/payments/${id}`, '/metrics', '/openapi.json'];
  const responses = await Promise.all(pages.map((page) => requestStatusApi(receiver, 'GET', page)));
  const rows = await receiver.query<{ text: string }>(
    `select (select json_agg(e) from events e)::text || (select json_agg(r) from rejections r)::text as text`,
  );
  const texts = [receiver.logText(), ...responses.map(({ body }) => body), rows[0]?.text ?? ''];
  for (const text of texts) {
    assert.notEqual(text, '');
    for (const token of [MAPI_TOKEN, previous, wrong, STATUS_TOKEN]) assert.ok(!text.includes(token), text);
  }
});

test('a log line names the provider, and neither URL nor body', async (t) => {
  const receiver = await startTestService(t, { env: WITH_TOKEN });
  const id = randomUUID();

  const response = await post(receiver, mapiTarget('?order=1&note=in-no-line'), authorization(id, 'IN_NO_LINE'));

  const line = receiver.log.find(({ event }) => event === 'callback.received');
  const { time, durationMs, eventId, ...fields } = line ?? {};
  assert.deepEqual(fields, {
    level: 'info',
    event: 'callback.received',
    provider: 'resurs-mapi',
    requestId: response.headers['x-request-id'],
    outcome: 'recorded',
    status: 204,
    type: 'AUTHORIZATION',
    paymentId: id,
    method: 'POST',
    source: '127.0.0.1',
  });
  assert.ok(!receiver.logText().toLowerCase().includes('in-no-line') && !receiver.logText().includes('IN_NO_LINE'));
});

test('what strangers can cause without a token is summed up in the log, and counted by provider', async (t) => {
  const { receiver, api } = await startConfirmingReceiver(t);
  api.override('/v2/payments/', () => undefined);
  const target = mapiTarget('/authorization', null);

  const responses = await Promise.all(
    Array.from({ length: 100 }, () => post(receiver, target, authorization(randomUUID()))),
  );
  const metrics = await requestStatusApi(receiver, 'GET', '/metrics');
  await receiver.service.stop();

  assert.ok(responses.every(({ status }) => status === 503));
  const lines = receiver.log.filter(({ event }) => event === 'callback.received');
  const summed = receiver.log.find(({ event }) => event === 'callbacks.rejected');
  assert.ok(lines.length < 50, `${lines.length} lines`);
  assert.equal(summed?.provider, 'resurs-mapi');
  assert.match(
    metrics.body,
    /^resurs_callbacks_total\{type="AUTHORIZATION",outcome="try_again",provider="resurs-mapi"\} 100$/m,
  );
  assert.ok(!receiver.logText().includes(api.clientSecret));
});
