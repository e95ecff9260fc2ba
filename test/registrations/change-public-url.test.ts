/**
 * The migration from a shop plugin to this service, step by step as docs/resurs.md describes it. The service first
 * accepts the plugin's URLs and salt, then registers its own, then retires the old ones. No step refuses a callback.
 * The plugin's registrations are in the form of the WooCommerce plugin; Resurs does not send the types that it did not
 * register.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { doctor } from '../../src/commands/doctor.ts';
import { register } from '../../src/commands/register.ts';
import { registrations } from '../../src/commands/registrations.ts';
import type { CallbackType } from '../../src/protocol/ecom/callback-types.ts';
import { startFrontingProxy } from '../helpers/fronting-proxy.ts';
import { clientsOf, DIGEST_KEY, setUpResurs } from '../helpers/resurs.ts';
import { oneOfEachType } from '../helpers/resurs-end-to-end.ts';
import { startTestService } from '../helpers/service.ts';

const PLUGIN_SALT = 'wOo-salt';
const PLUGIN_TYPES: readonly CallbackType[] = ['UNFREEZE', 'BOOKED', 'UPDATE'];

/** The plugin has registered below `base`, and a service accepts its URLs. */
async function setup(t: TestContext, base: string, callbackPaths: string) {
  const proxy = await startFrontingProxy(t);
  const start = async (settings: Record<string, string>, databaseUrl?: string) => {
    const env = { DIGEST_SALT: '', ...settings };
    const service = await startTestService(t, { env, ...(databaseUrl === undefined ? {} : { databaseUrl }) });
    proxy.forwardTo(service.url);
    return service;
  };
  const old = { DIGEST_SALT: PLUGIN_SALT, CALLBACK_PATHS: callbackPaths };
  const first = await start(old);
  const resurs = await setUpResurs(t, { env: { PUBLIC_URL: proxy.url }, urlTiming: 'queued', concurrency: 7 });
  const { rest } = clientsOf(t, resurs.fakeResurs);
  const registerPlugin = async (salt: string) => {
    for (const type of PLUGIN_TYPES) {
      const uriTemplate = `${proxy.url}${base}c=${type}&t=1600000000&p={paymentId}&d={digest}`;
      const digest = { algorithm: 'sha1', parameters: ['paymentId'], salt } as const;
      await rest.register(type, { uriTemplate, digest, basic: null }, new AbortController().signal);
    }
  };
  await registerPlugin(PLUGIN_SALT);
  const restart = async (settings: Record<string, string>) => {
    await first.service.stop();
    await start(settings, first.databaseUrl);
  };
  return { ...resurs, proxy, old, restart, start, registerPlugin, service: first };
}

/** The callbacks of the plugin's types. */
function pluginCallbacks(paymentId: string) {
  return oneOfEachType(paymentId).filter(([callback]) => PLUGIN_TYPES.some((type) => type === callback?.type));
}

for (const [base, callbackPaths] of [
  ['/wc-api/ResursDefault/?', '/callbacks/resurs,/wc-api/ResursDefault'],
  ['/?wc-api=ResursDefault&', '/callbacks/resurs,/'],
] as const) {
  test(`the plugin's URLs ${base}… are accepted, replaced and retired without a refusal`, async (t) => {
    const { fakeResurs, run, proxy, old, restart } = await setup(t, base, callbackPaths);

    const accepted = await fakeResurs.run(pluginCallbacks('p1'));
    proxy.pause();
    const inFlight = fakeResurs.run(pluginCallbacks('p2'));
    await proxy.whenWaiting(PLUGIN_TYPES.length);
    await restart({ ...old, DIGEST_KEY });
    const before = await run(registrations, [], { env: { ...old, DIGEST_KEY } });
    const registered = await run(register, ['--yes'], { env: { ...old, DIGEST_KEY } });
    const after = await run(registrations, [], { env: { DIGEST_KEY } });
    proxy.resume();
    const replaced = await fakeResurs.run(oneOfEachType('p3'));

    assert.deepEqual([before.exitCode, registered.exitCode, after.exitCode], [0, 0, 0]);
    assert.match(before.out, /^→ BOOKED: a plugin's URL, taken over by CALLBACK_PATHS/m);
    for (const ended of [...accepted, ...(await inFlight), ...replaced])
      assert.ok(ended.asExpected, JSON.stringify(ended));
    assert.ok(proxy.requests.some(({ target, status }) => target.startsWith('/callbacks/resurs?') && status === 204));
  });
}

test('a plugin that registers again after register is a difference', async (t) => {
  const callbackPaths = '/callbacks/resurs,/wc-api/ResursDefault';
  const { run, old, restart, registerPlugin, service } = await setup(t, '/wc-api/ResursDefault/?', callbackPaths);
  await restart({ ...old, DIGEST_KEY });
  const env = { ...old, DIGEST_KEY, DATABASE_URL: service.databaseUrl };
  await run(register, ['--yes'], { env });

  const before = await run(registrations, [], { env });
  await registerPlugin('another-salt-of-the-plugin');
  const after = await run(registrations, [], { env });
  const { out } = await run(doctor, ['--only', 'registrations'], { env });

  assert.deepEqual([before.exitCode, after.exitCode], [0, 1]);
  assert.match(after.out, /^✗ BOOKED: is a plugin's URL again \(\/wc-api\/ResursDefault\), registered after register/m);
  assert.match(after.out, /\nSwitch off the plugin's own registering, .*\nRegister /);
  assert.match(out, /✗ registrations +BOOKED is a plugin's URL again/);
});

test('once the plugin is retired its salt is refused, and our callbacks are still accepted', async (t) => {
  const { fakeResurs, run, proxy, restart } = await setup(
    t,
    '/wc-api/ResursDefault/?',
    '/callbacks/resurs,/wc-api/ResursDefault',
  );
  await fakeResurs.run(pluginCallbacks('p1'));
  const [first] = proxy.requests;
  await run(register, ['--yes']);

  await restart({ DIGEST_KEY });
  const ours = await fakeResurs.run(oneOfEachType('p2'));
  const plugins = await fetch(proxy.url + (first?.target ?? '').replace('/wc-api/ResursDefault/', '/callbacks/resurs'));

  assert.ok(ours.every(({ asExpected }) => asExpected));
  assert.deepEqual([first?.status, plugins.status], [204, 406]);
});
