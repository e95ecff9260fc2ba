/**
 * The files of deploy/shop/ before a shop and the real service: only the callbacks of a shop's plugin reach the
 * receiver, byte for byte, and everything else reaches the shop, the customers who come back from signing included.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { SALT } from '../helpers/callbacks.ts';
import { listenForTest } from '../helpers/listen.ts';
import { PROXY_NAME, type RealProxy, SHOP_PROXIES, startRealProxy } from '../helpers/real-proxies.ts';
import { startTestService } from '../helpers/service.ts';
import { skipWithout } from '../helpers/tools.ts';

const RESURS = '127.0.0.2';
const STRANGER = '127.0.0.3';
const PATHS = [
  '/callbacks/resurs',
  '/wc-api/ResursDefault',
  '/sv/wc-api/ResursDefault',
  '/index.php/wc-api/ResursDefault',
  '/wc-api/WC_Resurs_Bank',
  '/',
  '/index.php',
  '/shop',
  '/b2b.shop',
];

async function setup(t: TestContext, proxy: RealProxy, more: Readonly<Record<string, string>> = {}) {
  const env = { TRUST_PROXY: '127.0.0.1', ALLOWED_SOURCES: RESURS, CALLBACK_PATHS: PATHS.join(','), ...more };
  const receiver = await startTestService(t, { env });
  const seen: string[] = [];
  const shop = await listenForTest(
    t,
    http.createServer((request, response) => {
      seen.push(request.url ?? '');
      request.resume();
      response.end('the shop');
    }),
  );
  const running = await startRealProxy(t, proxy, new URL(receiver.url).host, new URL(shop.url).host);
  const ask = async (target: string, { body, ...options }: https.RequestOptions & { readonly body?: string } = {}) => {
    const request = https.request({
      host: '127.0.0.1',
      port: running.httpsPort,
      localAddress: RESURS,
      servername: PROXY_NAME,
      ca: running.certificate,
      agent: false,
      path: target,
      headers: { host: PROXY_NAME },
      ...options,
    });
    request.end(body);
    const [answer]: http.IncomingMessage[] = await once(request, 'response');
    assert.ok(answer !== undefined);
    const text = (await buffer(answer)).toString();
    return { status: answer.statusCode, by: text === 'the shop' ? 'shop' : 'receiver' };
  };
  return { receiver, running, ask, seen };
}

function signed(id: string): string {
  return computeDigest('sha1', id, SALT);
}

/** A callback in every form of a plugin, with an id as it is written in a query. */
function callbacks(id: string, written: string): string[] {
  const woo = `c=UNFREEZE&t=1700000000&p=${written}&d=${signed(id)}`;
  const woo2 = `event-type=UNFREEZE&paymentId=${written}&digest=${signed(id)}&env=test&ts=2301151200`;
  return [
    `/callbacks/resurs?${woo}`,
    `/wc-api/ResursDefault/?${woo}`,
    `/wc-api/ResursDefault?${woo}`,
    `/sv/wc-api/ResursDefault/?${woo}`,
    `/index.php/wc-api/ResursDefault/?${woo}`,
    `/?wc-api=ResursDefault&${woo}`,
    `/index.php?wc-api=ResursDefault&${woo}`,
    `/?lang=sv&wc-api=ResursDefault&${woo}`,
    `/shop/?wc-api=ResursDefault&${woo}`,
    `/b2b.shop/?wc-api=ResursDefault&${woo}`,
    `/?wc-api=WC_Resurs_Bank&${woo2}`,
    `/?wc-api=WC_Resurs_Bank&${woo2}`.replaceAll('&', '&amp;').replace('WC_Resurs_Bank&amp;', 'WC_Resurs_Bank&'),
    `/wc-api/WC_Resurs_Bank/?${woo2}`,
    `/index.php?route=payment/resurs/callback/run&paymentId=${written}&digest=${signed(id)}&type=UNFREEZE`,
  ];
}

/** What is the shop's own, however near it comes to a callback. */
const OF_THE_SHOP = [
  '/',
  '/?p=17',
  '/?c=UNFREEZE',
  '/?wc-api=wc_gateway_other&c=UNFREEZE',
  '/?wc-api=ResursDefaultOther&c=UNFREEZE',
  '/?wc-api=ResursDefault&apiDataId=7&success=1',
  '/?wc-api=ResursDefault&apiDataId=7&note=a;c=B',
  '/wc-api/ResursDefault/?apiDataId=7&note=a;c=B',
  '/?wc-api=WC_Resurs_Bank&event-type=check_signing_response&paymentId=1',
  '/?wc-api=WC_Resurs_Bank&event-type=prepare-omni-order',
  '/wc-api/ResursDefault/?apiDataId=7&success=1',
  '/wc-api/ResursDefault',
  '/wc-api/WC_Resurs_Bank/?event-type=noevent',
  '/wc-api/Other/?c=UNFREEZE',
  '/index.php?route=product/product&product_id=1',
  '/index.php?route=payment/resurs/other',
  '/callbacks/resursbank',
  '/callbacks/mapis',
  '/?callback=AUTHORIZATION',
  '/?wc-api=resursbank&callback=',
  '/?wc-api=resursbankother&callback=AUTHORIZATION',
  '/wc-api/resursbank/',
  '/wc-api/resursbankother/?callback=MANAGEMENT',
  '/callbacks',
  '/product/a-b?x=%C3%A5',
];

/** An id that a proxy which decodes would make another one of. */
const ID = 'a/b%2F+å;?#';
const WRITTEN = 'a%2Fb%252F%2B%C3%A5%3B%3F%23';

for (const proxy of SHOP_PROXIES) {
  const skip = skipWithout(proxy.needs);

  test(`${proxy.name} sends a plugin's callbacks alone to the receiver, byte for byte, and logs none`, {
    skip,
  }, async (t) => {
    const { receiver, running, ask, seen } = await setup(t, proxy);
    const targets = [
      ...callbacks(ID, WRITTEN),
      `/callbacks/resurs/unfreeze/paymentId/a%2F//c/digest/${signed('a///c')}`,
    ];
    const body = '{"addedPaymentSpecificationLines":[{"id":"å"}]}';
    const booked = `/?wc-api=ResursDefault&c=BOOKED&p=posted&d=${signed('posted')}`;
    const forged = { localAddress: STRANGER, headers: { host: PROXY_NAME, 'x-forwarded-for': RESURS } };
    const asked = async (all: readonly string[], options?: https.RequestOptions) =>
      (await Promise.all(all.map((target) => ask(target, options)))).map(({ by, status }) => `${by} ${status}`);

    const answered = await asked(targets);
    const posted = await ask(booked, { method: 'POST', body });
    const refused = await asked(targets, forged);
    const shops = await asked(OF_THE_SHOP);
    await receiver.service.stop();
    const stopped = await asked(targets);

    assert.deepEqual(answered, Array(targets.length).fill('receiver 204'));
    assert.deepEqual([posted.by, posted.status], ['receiver', 204]);
    assert.deepEqual(refused, Array(targets.length).fill('receiver 403'));
    assert.deepEqual(shops, Array(OF_THE_SHOP.length).fill('shop 200'));
    assert.deepEqual(seen.sort(), OF_THE_SHOP.toSorted());
    assert.ok(!stopped.some((each) => each.startsWith('shop')), stopped.join());
    const rows = await receiver.query<{ id: string; body: Buffer | null }>(
      'select payment_id as id, body from events order by payment_id',
    );
    assert.deepEqual(new Set(rows.map(({ id }) => id)), new Set([ID, 'a///c', 'posted']));
    assert.equal(rows.find(({ id }) => id === 'posted')?.body?.toString(), body);
    const log = await running.readLog();
    assert.ok(!/a%2f/i.test(log) && !log.includes(signed(ID)), log);
  });
}

/** The Merchant API's callbacks, in each form of a URL. */
const OF_THE_MERCHANT_API = [
  '/callbacks/mapi/authorization?order=1&token=a-secret-of-the-URLs',
  '/callbacks/mapi/management?token=a-secret-of-the-URLs',
  '/wc-api/resursbank/?callback=AUTHORIZATION',
  '/sv/wc-api/resursbank?callback=MANAGEMENT',
  '/?wc-api=resursbank&callback=AUTHORIZATION',
  '/index.php?lang=sv&wc-api=resursbank&callback=MANAGEMENT',
];

for (const proxy of SHOP_PROXIES) {
  test(`${proxy.name} sends the callbacks of the Merchant API to the receiver, and logs no token`, {
    skip: skipWithout(proxy.needs),
  }, async (t) => {
    const { receiver, running, ask, seen } = await setup(t, proxy, {
      MAPI_CALLBACK_PATHS: '/callbacks/mapi,/wc-api/resursbank,/sv/wc-api/resursbank,/,/index.php',
      ALLOW_UNAUTHENTICATED: 'true',
    });
    const paymentId = '3f0b1c1e-6c0e-4b7a-9d5a-0c9d6f1f2a10';
    const bodyFor = (target: string) =>
      JSON.stringify(
        /management/i.test(target)
          ? { paymentId, action: 'CAPTURE', actionId: target }
          : { paymentId, status: 'AUTHORIZED', created: target },
      );

    const answers = [];
    for (const target of OF_THE_MERCHANT_API)
      answers.push(await ask(target, { method: 'POST', body: bodyFor(target) }));
    const [{ count = 0 } = {}] = await receiver.query<{ count: number }>('select count(*)::int as count from events');
    await receiver.service.stop();
    await ask(OF_THE_MERCHANT_API[0] ?? '', { method: 'POST', body: '{}' });

    assert.deepEqual(
      answers.map(({ by, status }) => `${by} ${status}`),
      Array(OF_THE_MERCHANT_API.length).fill('receiver 204'),
    );
    assert.deepEqual([count, seen], [OF_THE_MERCHANT_API.length, []]);
    assert.ok(!(await running.readLog()).includes('a-secret-of'));
  });
}

const apache = SHOP_PROXIES.filter(({ name }) => name === 'Apache');
for (const proxy of apache) {
  test("a rule of the shop's Apache counts for doubled slashes as before", {
    skip: skipWithout(proxy.needs),
  }, async (t) => {
    const { ask, seen } = await setup(t, proxy);

    const statuses = await Promise.all(
      ['/shop-admin/users', '/shop-admin//users'].map(async (target) => (await ask(target)).status),
    );

    assert.deepEqual(statuses, [403, 403]);
    assert.deepEqual(seen, []);
  });
}
