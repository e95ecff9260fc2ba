/** What an event contains of its callback: the body in a readable form, and never the digest or salt. Real service. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { send, target } from '../helpers/callbacks.ts';
import { sendCallback, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { startTestService } from '../helpers/service.ts';

interface Page {
  readonly events: readonly { readonly id: string }[];
}

test('a body that is no JSON is returned as text or base64 with the reason', async (t) => {
  const receiver = await startTestService(t);
  await sendCallback(receiver, 'UPDATE', 'text', { method: 'POST', body: 'kind=x' });
  await sendCallback(receiver, 'UPDATE', 'bytes', { method: 'POST', body: Buffer.from([0xff, 0x00]) });
  await sendCallback(receiver, 'UPDATE', 'none');

  const bodies: Record<string, unknown>[] = [];
  for (const paymentId of ['text', 'bytes', 'none']) {
    const { events }: Page = (await receiver.status(`/events?paymentId=${paymentId}`)).json;
    const event: Record<string, unknown> = (await receiver.status(`/events/${events[0]?.id}`)).json;
    bodies.push(Object.fromEntries(Object.entries(event).filter(([name]) => name.startsWith('body'))));
  }

  assert.deepEqual(bodies, [
    { body: null, bodyText: 'kind=x', bodyError: 'not valid JSON' },
    { body: null, bodyBase64: '/wA=', bodyError: 'not UTF-8' },
    { body: null },
  ]);
});

test('with body=text a body is returned as it was stored, with body=none not at all', async (t) => {
  const receiver = await startTestService(t);
  const stored = '\ufeff{ "n" : 1.50,\n"t":"\\u00e5" }';
  await sendCallback(receiver, 'UPDATE', 'json', { method: 'POST', body: stored });
  await sendCallback(receiver, 'UPDATE', 'text', { method: 'POST', body: '{"n":1,"n":2}' });
  await sendCallback(receiver, 'UPDATE', 'bytes', { method: 'POST', body: Buffer.from([0xff, 0x00]) });
  await sendCallback(receiver, 'UPDATE', 'none');

  const bodies: Record<string, unknown>[] = [];
  for (const paymentId of ['json', 'text', 'bytes', 'none']) {
    const { events }: Page = (await receiver.status(`/events?paymentId=${paymentId}`)).json;
    const event: Record<string, unknown> = (await receiver.status(`/events/${events[0]?.id}?body=text`)).json;
    bodies.push(Object.fromEntries(Object.entries(event).filter(([name]) => name.startsWith('body'))));
  }

  assert.deepEqual(bodies, [
    { bodyText: stored },
    { bodyText: '{"n":1,"n":2}', bodyError: bodies[1]?.bodyError },
    { bodyText: null, bodyBase64: '/wA=', bodyError: 'not UTF-8' },
    { bodyText: null },
  ]);
  assert.equal(typeof bodies[1]?.bodyError, 'string');
  const { events }: Page = (await receiver.status('/events?paymentId=json')).json;
  const withoutBody: object = (await receiver.status(`/events/${events[0]?.id}?body=none`)).json;
  assert.deepEqual(
    Object.keys(withoutBody).filter((name) => name.startsWith('body')),
    [],
  );
  for (const query of ['body=', 'body=xml', 'body=text&body=text', 'bodies=text']) {
    assert.equal((await receiver.status(`/events/${events[0]?.id}?${query}`)).status, 400, query);
  }
});

test('events contain neither digest nor salt', async (t) => {
  const merchant = await startMerchant(t);
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url) });
  const url = target('UNFREEZE', 'p1', { extra: '&x=1' });
  await send(receiver.url, url);

  const { events }: Page = (await receiver.status('/events')).json;
  const event: { parameters: unknown } = (await receiver.status(`/events/${events[0]?.id}`)).json;

  const digest = new URLSearchParams(url.split('?')[1]).get('d') ?? assert.fail();
  assert.deepEqual(event.parameters, { x: '1' });
  assert.ok(!JSON.stringify([events, event]).toLowerCase().includes(digest.toLowerCase()));
});
