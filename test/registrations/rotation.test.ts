/**
 * Changing the salts or credentials of callbacks loses none. Callbacks are in flight when the new registrations are
 * made, and are retried afterwards. The service accepts them whether Resurs renders them again for each try or sends
 * them as queued. All requests are real. A proxy in between is paused meanwhile, as during a deployment, and records
 * the responses to Resurs.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import type { UrlTiming } from '../../src/simulator/run-scenario.ts';
import { countRows } from '../helpers/database-state.ts';
import { type FrontingProxy, startFrontingProxy } from '../helpers/fronting-proxy.ts';
import { BASIC, DIGEST_KEY, fixedSalts, registeredTime, setUpResurs } from '../helpers/resurs.ts';
import { oneOfEachType } from '../helpers/resurs-end-to-end.ts';
import { startTestService } from '../helpers/service.ts';

type Settings = Readonly<Record<string, string>>;

const KEYED = { DIGEST_KEY };
const NEW_KEY = 'Zx8Kc4Vn1Bm6Qw3Er7Ty2Ui9Op5As0Df';
const NEW_BASIC = { BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: 'Ju5-nBv8-Ex3k' };

interface Rotation {
  readonly what: string;
  readonly old: Settings;
  readonly next: Settings;
  readonly renderings: readonly UrlTiming[];
}

/** The settings as previous ones. */
function previous(settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [`${name}_PREVIOUS`, value]));
}

async function setup(t: TestContext, old: Settings, rendering: UrlTiming) {
  const proxy = await startFrontingProxy(t);
  const first = await startTestService(t, { env: { DIGEST_SALT: '', ...old } });
  proxy.forwardTo(first.url);
  const base = { DIGEST_KEY: '', PUBLIC_URL: proxy.url };
  const { fakeResurs, run } = await setUpResurs(t, { env: base, urlTiming: rendering, concurrency: 7 });
  await run(register, ['--yes'], { env: old });
  return {
    proxy,
    service: first,
    fakeResurs,
    registerWith: (settings: Settings) => run(register, ['--yes'], { env: settings }),
    async restart(settings: Settings) {
      await first.service.stop();
      const second = await startTestService(t, {
        env: { DIGEST_SALT: '', ...settings },
        databaseUrl: first.databaseUrl,
      });
      proxy.forwardTo(second.url);
    },
  };
}

/** The `t` of the calls of a type, in their order. */
function timesOf({ requests: passed }: FrontingProxy, type: string): number[] {
  return passed
    .filter(({ target }) => target.includes(`c=${type}&`))
    .map(({ target }) => Number(/[?&]t=(\d+)/.exec(target)?.[1]));
}

const BOTH = ['queued', 'each_try'] as const;

const ROTATIONS = [
  { what: 'registering again with the same master key', old: KEYED, next: KEYED, renderings: BOTH },
  {
    what: 'new fixed salts',
    old: fixedSalts('first'),
    next: { ...fixedSalts('second'), ...previous(fixedSalts('first')) },
    renderings: BOTH,
  },
  { what: 'a new master key', old: KEYED, next: { DIGEST_KEY: NEW_KEY, ...previous(KEYED) }, renderings: ['queued'] },
  {
    what: 'a new Basic password',
    old: { DIGEST_KEY, ...BASIC },
    next: { DIGEST_KEY, ...NEW_BASIC, ...previous(BASIC) },
    renderings: ['queued'],
  },
] satisfies readonly Rotation[];

for (const { what, old, next, renderings } of ROTATIONS) {
  for (const rendering of renderings) {
    test(`${what}: no callback in flight is refused, rendered ${rendering}`, async (t) => {
      const { proxy, service, fakeResurs, registerWith, restart } = await setup(t, old, rendering);
      const before = registeredTime(fakeResurs, 'UNFREEZE');
      proxy.pause();
      const playing = fakeResurs.run(oneOfEachType('p1'));
      await proxy.whenWaiting(7);

      if (next !== old) await restart(next);
      const { exitCode } = await registerWith(next);
      proxy.resume();
      const callbacks = await playing;
      const later = await fakeResurs.run(oneOfEachType('p2'));

      assert.equal(exitCode, 0);
      assert.ok(registeredTime(fakeResurs, 'UNFREEZE') > before);
      assert.deepEqual(new Set(proxy.requests.map(({ status }) => status)), new Set([502, 204]));
      assert.ok([...callbacks, ...later].every(({ asExpected }) => asExpected));
      const [firstTry, retry] = timesOf(proxy, 'UNFREEZE');
      assert.deepEqual(
        [firstTry, retry],
        [before, rendering === 'queued' ? before : registeredTime(fakeResurs, 'UNFREEZE')],
      );
      assert.equal((await countRows(service)).events, eventsOf(next));
    });
  }
}

/** A TEST without digest and credentials is answered as accepted and not stored. */
function eventsOf(settings: Settings): number {
  const isTestStored = settings.BASIC_AUTH_PASSWORD !== undefined || settings.DIGEST_KEY !== undefined;
  // The TESTs of both plays have the same values, so they are one event.
  return isTestStored ? 2 * (CALLBACK_TYPES.length - 1) + 1 : 2 * (CALLBACK_TYPES.length - 1);
}

test('without the previous salts, callbacks in flight are refused', async (t) => {
  const { proxy, fakeResurs, registerWith, restart } = await setup(t, fixedSalts('first'), 'queued');
  proxy.pause();
  const playing = fakeResurs.run(oneOfEachType('p1'));
  await proxy.whenWaiting(7);

  await restart(fixedSalts('second'));
  await registerWith(fixedSalts('second'));
  proxy.resume();
  const callbacks = await playing;

  const refused = callbacks.filter(({ status }) => status === 406).map(({ type }) => type);
  assert.deepEqual(
    refused,
    CALLBACK_TYPES.filter((type) => type !== 'TEST'),
  );
});

test('DIGEST_VALID_FROM retires the registrations before it, and no later one', async (t) => {
  const { proxy, fakeResurs, registerWith, restart } = await setup(t, { DIGEST_KEY }, 'queued');
  proxy.pause();
  const playing = fakeResurs.run(oneOfEachType('p1'));
  await proxy.whenWaiting(7);
  await registerWith({ DIGEST_KEY });

  await restart({ DIGEST_KEY, DIGEST_VALID_FROM: String(registeredTime(fakeResurs, 'UNFREEZE')) });
  proxy.resume();
  const [, , before] = await playing;
  const [after] = await fakeResurs.run(oneOfEachType('p2').filter(([callback]) => callback?.type === 'UNFREEZE'));

  assert.deepEqual([before?.type, before?.status], ['UNFREEZE', 406]);
  assert.deepEqual([after?.type, after?.status], ['UNFREEZE', 204]);
});
