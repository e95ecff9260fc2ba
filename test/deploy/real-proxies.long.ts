/**
 * The proxies of docs/proxies.md, each with its file of deploy/, before the real service: every byte of a callback's URL,
 * its credentials and its body reach the receiver, the answer's facts reach Resurs, a forged X-Forwarded-For is worth
 * nothing, and no URL is logged. Callers have addresses of their own, so that none of them is a proxy.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import * as https from 'node:https';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { SALT, send, target } from '../helpers/callbacks.ts';
import { PROXIES, PROXY_NAME, type RealProxy, startRealProxy } from '../helpers/real-proxies.ts';
import { startTestService } from '../helpers/service.ts';
import { skipWithout } from '../helpers/tools.ts';

const RESURS = '127.0.0.2';
const STRANGER = '127.0.0.3';
const BASIC = `Basic ${Buffer.from('resurs:a-password-of-the-tests').toString('base64')}`;

interface Request extends https.RequestOptions {
  readonly body?: string;
}

async function setup(t: TestContext, proxy: RealProxy) {
  const receiver = await startTestService(t, {
    env: {
      TRUST_PROXY: '127.0.0.1',
      ALLOWED_SOURCES: RESURS,
      BASIC_AUTH_USERNAME: 'resurs',
      BASIC_AUTH_PASSWORD: 'a-password-of-the-tests',
    },
  });
  const running = await startRealProxy(t, proxy, new URL(receiver.url).host);
  const ask = async (name: string, { body, headers, ...options }: Request = {}) => {
    const request = https.request({
      host: '127.0.0.1',
      port: running.httpsPort,
      localAddress: RESURS,
      servername: PROXY_NAME,
      ca: running.certificate,
      agent: false,
      path: name,
      headers: { host: PROXY_NAME, authorization: BASIC, ...headers },
      ...options,
    });
    const answered = once(request, 'response');
    if (headers !== undefined && 'expect' in headers) {
      request.flushHeaders();
      await Promise.race([once(request, 'continue'), answered]);
    }
    request.end(body);
    const [answer]: IncomingMessage[] = await answered;
    assert.ok(answer !== undefined);
    const text = (await buffer(answer)).toString();
    return { status: answer.statusCode, headers: answer.headers, text };
  };
  return { receiver, running, ask };
}

function pairForm(id: string, written: string): string {
  return `/callbacks/resurs/unfreeze/paymentId/${written}/digest/${computeDigest('sha1', id, SALT)}`;
}

/** What an id is, and how a module may write it in a path. */
const IDS: readonly (readonly [id: string, written: string])[] = [
  ['a/b', 'a%2Fb'],
  ['a%2Fb', 'a%252Fb'],
  ['a+b', 'a+b'],
  ['a b', 'a%20b'],
  ['å;ö', '%C3%A5;%c3%b6'],
  ['a//b', 'a//b'],
  ['a/../b', 'a%2F%2e%2e%2Fb'],
  ['a?b#c', 'a%3Fb%23c'],
];

for (const proxy of PROXIES) {
  const skip = skipWithout(proxy.needs);

  test(`${proxy.name} passes every byte of a path, a query and a body on`, { skip }, async (t) => {
    const { receiver, ask } = await setup(t, proxy);

    const answers = [];
    for (const [id, written] of IDS) answers.push((await ask(pairForm(id, written))).status);
    const query = await ask(`${target('UNFREEZE', 'q')}&x=%E4+%C3%A5`.replaceAll('&', '&amp;'));
    const body = '{"addedPaymentSpecificationLines":[{"id":"å"}]}';
    const headers = { expect: '100-continue', 'content-length': Buffer.byteLength(body) };
    const posted = await ask(target('BOOKED', 'posted'), { method: 'POST', headers, body });
    const dots = await ask(pairForm('..', '%2e%2e'));

    assert.deepEqual(answers, Array(IDS.length).fill(204));
    assert.deepEqual([query.status, posted.status], [204, 204]);
    // The receiver itself refuses it: a proxy that cleaned the path would have made another one of it.
    assert.deepEqual([dots.status, dots.headers['x-callback-reason']], [400, 'Malformed callback.']);
    const rows = await receiver.query<{ id: string; body: Buffer | null }>(
      'select payment_id as id, body from events order by sequence',
    );
    assert.deepEqual(
      rows.map(({ id }) => id),
      [...IDS.map(([id]) => id), 'q', 'posted'],
    );
    assert.equal(rows.at(-1)?.body?.toString(), body);
  });

  test(`${proxy.name} writes the sender's address itself, so a forged one does not pass`, { skip }, async (t) => {
    const { receiver, ask } = await setup(t, proxy);
    const forged = { 'x-forwarded-for': RESURS };

    const genuine = await ask(target('UNFREEZE', '1'), { headers: { 'x-forwarded-for': '192.121.110.7' } });
    const stranger = await ask(target('UNFREEZE', '2'), { localAddress: STRANGER, headers: forged });

    assert.deepEqual([genuine.status, stranger.status], [204, 403]);
    assert.equal(stranger.headers['x-callback-reason'], 'Source not allowed.');
    const sources = receiver.log.filter(({ event }) => event === 'callback.received').map(({ source }) => source);
    assert.deepEqual(sources, [RESURS, STRANGER]);
  });

  test(`${proxy.name} passes credentials and refusals on, redirects nothing and logs no URL`, { skip }, async (t) => {
    const { running, ask } = await setup(t, proxy);
    const callback = target('UNFREEZE', 'a-payment-id');

    const nobody = await ask(callback, { headers: { authorization: 'Basic eDp5' } });
    const wrong = await ask(`${callback.slice(0, -2)}00`);
    const plain = await send(`http://127.0.0.1:${running.httpPort}`, callback, { headers: { host: PROXY_NAME } });

    assert.deepEqual([nobody.status, String(nobody.headers['www-authenticate']).slice(0, 5)], [401, 'Basic']);
    assert.deepEqual([wrong.status, wrong.headers['x-callback-reason']], [406, 'Digest rejected.']);
    assert.equal(JSON.parse(wrong.text).digestCode, 406);
    assert.deepEqual([plain.status, plain.headers.location], [403, undefined]);
    assert.ok(!(await running.readLog()).includes('a-payment-id'), 'a log holds the URL');
  });
}
