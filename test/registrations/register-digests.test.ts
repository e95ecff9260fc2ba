/**
 * A digest seen in an access log is valid for its own callback only: not for another type, and not for another
 * registration. The digests come from real calls, recorded by the proxy that Resurs sees.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import { send } from '../helpers/callbacks.ts';
import { countRows } from '../helpers/database-state.ts';
import { type FrontingProxy, startFrontingProxy } from '../helpers/fronting-proxy.ts';
import { DIGEST_KEY, fixedSalts } from '../helpers/resurs.ts';
import { oneOfEachType, setUpResursEndToEnd } from '../helpers/resurs-end-to-end.ts';

/** All types registered, and each called once for payment p1. */
async function setup(t: TestContext, settings: Readonly<Record<string, string>>) {
  const proxy = await startFrontingProxy(t);
  const fixture = await setUpResursEndToEnd(t, settings, { env: { PUBLIC_URL: proxy.url } });
  proxy.forwardTo(fixture.service.url);
  await fixture.run(register, ['--yes']);
  await fixture.fakeResurs.run(oneOfEachType('p1'));
  assert.ok(proxy.requests.every(({ status }) => status === 204));
  return { ...fixture, proxy };
}

/** The URL that Resurs called last for a type. */
function lastCall({ url, requests: passed }: FrontingProxy, type: string): URL {
  const found = passed.findLast(({ target }) => target.includes(`c=${type}&`));
  return new URL(found?.target ?? assert.fail(`${type} was never called`), url);
}

/** The target with other values for some names. */
function changed(url: URL, values: Record<string, string>): string {
  const copy = new URL(url);
  for (const [name, value] of Object.entries(values)) copy.searchParams.set(name, value);
  return copy.pathname + copy.search;
}

for (const { name, settings } of [
  { name: 'a master key', settings: { DIGEST_KEY } },
  { name: 'fixed salts', settings: fixedSalts('first') },
]) {
  test(`with ${name} a digest of one type is refused for every other`, async (t) => {
    const { service, proxy } = await setup(t, settings);
    const signed = CALLBACK_TYPES.filter((type) => type !== 'TEST').map((type) => ({
      type,
      url: lastCall(proxy, type),
    }));
    for (const { url } of signed) assert.equal((await send(service.url, changed(url, {}))).status, 204);
    const before = await countRows(service);

    for (const { type: from, url } of signed) {
      for (const to of CALLBACK_TYPES.filter((type) => type !== from)) {
        const { status } = await send(service.url, changed(url, { c: to, r: 'FROZEN' }));
        assert.equal(status, 406, `the digest of ${from} for ${to}`);
      }
    }

    assert.deepEqual(await countRows(service), before);
  });
}

test('a digest of one registration is refused with another time, payment or result, or without its time', async (t) => {
  const { service, fakeResurs, proxy, run } = await setup(t, { DIGEST_KEY });
  const first = lastCall(proxy, 'UNFREEZE');
  await run(register, ['UNFREEZE', '--yes']);
  await fakeResurs.run(oneOfEachType('p1').filter(([callback]) => callback?.type === 'UNFREEZE'));
  const second = lastCall(proxy, 'UNFREEZE');
  const [t1, t2] = [first, second].map((url) => url.searchParams.get('t') ?? '');
  assert.ok(t1 !== undefined && t2 !== undefined && Number(t2) > Number(t1));

  const swapped = [changed(first, { t: t2 }), changed(second, { t: t1 })];
  const invented = [
    changed(first, { t: String(Number(t1) - 1) }),
    changed(first, { t: `0${t1}` }),
    changed(first, { p: 'p2' }),
    changed(lastCall(proxy, 'AUTOMATIC_FRAUD_CONTROL'), { r: 'THAWED' }),
    changed(first, {}).replace(`&t=${t1}`, ''),
  ];

  for (const target of [...swapped, ...invented]) assert.equal((await send(service.url, target)).status, 406, target);
  for (const url of [first, second]) assert.equal((await send(service.url, changed(url, {}))).status, 204);
});
