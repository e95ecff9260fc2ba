/**
 * The way from a shop plugin to this service, step by step as docs/resurs.md describes it: the plugin's URLs and salt are taken over,
 * then replaced by our own, then retired, and on no step is a callback refused. The plugin's registrations are in the
 * form of the WooCommerce plugin; what it did not register, Resurs does not send.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { registrations } from '../../src/commands/registrations.ts';
import type { CallbackType } from '../../src/protocol/ecom/callback-types.ts';
import { startFrontDoor } from '../helpers/fronting-proxy.ts';
import { clientsOf, DIGEST_KEY, setUpResurs } from '../helpers/resurs.ts';
import { oneOfEach } from '../helpers/resurs-end-to-end.ts';
import { startWorld } from '../helpers/service.ts';

const PLUGIN_SALT = 'wOo-salt';
const PLUGIN_TYPES: readonly CallbackType[] = ['UNFREEZE', 'BOOKED', 'UPDATE'];

/** The plugin has registered below `base`, and a service takes its URLs over. */
async function setup(t: TestContext, base: string, callbackPaths: string) {
  const door = await startFrontDoor(t);
  const start = async (settings: Record<string, string>, databaseUrl?: string) => {
    const env = { DIGEST_SALT: '', ...settings };
    const world = await startWorld(t, { env, ...(databaseUrl === undefined ? {} : { databaseUrl }) });
    door.lead(world.url);
    return world;
  };
  const old = { DIGEST_SALT: PLUGIN_SALT, CALLBACK_PATHS: callbackPaths };
  const first = await start(old);
  const resurs = await setUpResurs(t, { env: { PUBLIC_URL: door.url }, rendering: 'queued', concurrency: 7 });
  const { rest } = clientsOf(t, resurs.standIn);
  for (const type of PLUGIN_TYPES) {
    const uriTemplate = `${door.url}${base}c=${type}&t=1600000000&p={paymentId}&d={digest}`;
    const digest = { algorithm: 'sha1', parameters: ['paymentId'], salt: PLUGIN_SALT } as const;
    await rest.register(type, { uriTemplate, digest, basic: null }, new AbortController().signal);
  }
  const restart = async (settings: Record<string, string>) => {
    await first.service.stop();
    await start(settings, first.databaseUrl);
  };
  return { ...resurs, door, old, restart, start };
}

/** The callbacks of the plugin's types. */
function story(paymentId: string) {
  return oneOfEach(paymentId).filter(([callback]) => PLUGIN_TYPES.some((type) => type === callback?.type));
}

for (const [base, callbackPaths] of [
  ['/wc-api/ResursDefault/?', '/callbacks/resurs,/wc-api/ResursDefault'],
  ['/?wc-api=ResursDefault&', '/callbacks/resurs,/'],
] as const) {
  test(`the plugin's URLs ${base}… are taken over, replaced and retired without a refusal`, async (t) => {
    const { standIn, run, door, old, restart } = await setup(t, base, callbackPaths);

    const taken = await standIn.play(story('p1'));
    door.shut();
    const underWay = standIn.play(story('p2'));
    await door.whenWaiting(PLUGIN_TYPES.length);
    await restart({ ...old, DIGEST_KEY });
    const before = await run(registrations, [], { env: { ...old, DIGEST_KEY } });
    const registered = await run(register, ['--yes'], { env: { ...old, DIGEST_KEY } });
    const after = await run(registrations, [], { env: { DIGEST_KEY } });
    door.open();
    const replaced = await standIn.play(oneOfEach('p3'));

    assert.deepEqual([before.exitCode, registered.exitCode, after.exitCode], [1, 0, 0]);
    assert.match(before.out, /^✗ BOOKED: leads to another address$/m);
    for (const ended of [...taken, ...(await underWay), ...replaced])
      assert.ok(ended.asExpected, JSON.stringify(ended));
    assert.ok(door.passed.some(({ target, status }) => target.startsWith('/callbacks/resurs?') && status === 204));
  });
}

test('once the plugin is retired its salt is worth nothing, and ours go on', async (t) => {
  const { standIn, run, door, restart } = await setup(
    t,
    '/wc-api/ResursDefault/?',
    '/callbacks/resurs,/wc-api/ResursDefault',
  );
  await standIn.play(story('p1'));
  const [seen] = door.passed;
  await run(register, ['--yes']);

  await restart({ DIGEST_KEY });
  const ours = await standIn.play(oneOfEach('p2'));
  const plugins = await fetch(door.url + (seen?.target ?? '').replace('/wc-api/ResursDefault/', '/callbacks/resurs'));

  assert.ok(ours.every(({ asExpected }) => asExpected));
  assert.deepEqual([seen?.status, plugins.status], [204, 406]);
});
