/**
 * The minute after Resurs has removed the old registration and while it accepts no new one: how long `register`
 * retries, and what it prints. The HTTP calls are real; clock and waiting are replaced, so that the minute passes at
 * once.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { registerLines } from '../../src/commands/register-report.ts';
import { registerCallback } from '../../src/registrations/register.ts';
import type { Registered } from '../../src/registrations/registered.ts';
import type { Quirks } from '../../src/simulator/api/quirks.ts';
import { clientsOf, injectFaultFor, setUpResurs } from '../helpers/resurs.ts';

const OLD = 'https://www.shop.example/old?c=UNFREEZE&t=1600000000&p={paymentId}';
const NEW = {
  uriTemplate: 'https://pay.shop.example/?c=UNFREEZE&t=1700000000&p={paymentId}',
  digest: null,
  basic: null,
};
const BEFORE: Registered = { outcome: 'registered', uriTemplate: OLD };

/** Registers UNFREEZE over the present registration; `after` changes the quirks after so many waits. */
async function registerOver(
  t: TestContext,
  quirks: Partial<Quirks>,
  after: { waits: number; quirks: Partial<Quirks> } | null = null,
) {
  const { fakeResurs, changes } = await setUpResurs(t, { registered: { UNFREEZE: OLD }, quirks });
  const waits: number[] = [];
  let nowMs = 0;
  const clock = { now: () => nowMs, elapsed: () => nowMs };
  const sleep = async (ms: number) => {
    nowMs += ms;
    if (waits.push(ms) === after?.waits) fakeResurs.setQuirks(after.quirks);
  };

  const result = await registerCallback({ channels: clientsOf(t, fakeResurs), clock, sleep }, 'UNFREEZE', NEW);
  return { fakeResurs, waits, result, changes, lines: registerLines('UNFREEZE', result, BEFORE) };
}

/** The first registration is refused because of the old one, and every later one for another reason. */
const REFUSES_AFTER_REMOVAL: Partial<Quirks> = {
  refusesOverwrite: ['REST'],
  faultOf: (call) => (call.operation === 'register' && !isFirst(call) ? 'server_error' : 'none'),
};

function isFirst({ channel, number }: { readonly channel: string; readonly number: number }): boolean {
  return channel === 'REST' && number <= 2;
}

test('when nothing can be registered for a minute, register reports that NOTHING is registered', async (t) => {
  const { fakeResurs, waits, result, lines } = await registerOver(t, REFUSES_AFTER_REMOVAL);

  assert.equal(fakeResurs.registered.has('UNFREEZE'), false);
  assert.deepEqual(
    [result.outcome, result.outcome === 'failed' && result.registered],
    ['failed', { outcome: 'nothing' }],
  );
  const totalMs = waits.reduce((sum, ms) => sum + ms, 0);
  assert.ok(totalMs > 50_000 && totalMs <= 60_000, `${totalMs} ms`);
  assert.equal(result.gapMs, totalMs);
  assert.equal(
    lines[0],
    `UNFREEZE: FAILED. NOTHING is registered for it now: its callbacks are not sent. Nothing was registered for ${(totalMs / 1000).toFixed(1)} s.`,
  );
  assert.match(lines.join('\n'), /\n {2}REST POST .*HTTP 500.*\n {2}SOAP registerEventCallback .*HTTP 500, code 3/);
});

test('register retries with growing delays, then every five seconds', async (t) => {
  const { waits } = await registerOver(t, REFUSES_AFTER_REMOVAL);

  assert.deepEqual(waits.slice(0, 7), [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  assert.ok(waits.slice(7).every((ms) => ms === 5_000));
});

test('as soon as Resurs accepts it again, the type is registered, and the whole gap is printed', async (t) => {
  const { fakeResurs, result, lines } = await registerOver(t, REFUSES_AFTER_REMOVAL, {
    waits: 6,
    quirks: { faultOf: () => 'none' },
  });

  assert.equal(result.outcome, 'registered');
  assert.equal(fakeResurs.registered.get('UNFREEZE')?.uriTemplate, NEW.uriTemplate);
  assert.deepEqual(lines, ['UNFREEZE: registered over REST and read back. Nothing was registered for 12.8 s.']);
});

test('a minute of "already exists" after the removal ends with NOTHING registered as well', async (t) => {
  const { fakeResurs, lines } = await registerOver(t, {
    refusesOverwrite: ['REST', 'SOAP'],
    refusalsAfterUnregister: 1_000,
  });

  assert.equal(fakeResurs.registered.has('UNFREEZE'), false);
  assert.match(lines[0] ?? '', /^UNFREEZE: FAILED\. NOTHING is registered .* Nothing was registered for \d\d\.\d s\.$/);
  assert.match(lines.join('\n'), /REST POST .*already exists!\n {2}SOAP register.*code 1: .*already exists!/);
});

test('a removal without effect keeps the old registration, and register reports it', async (t) => {
  const { fakeResurs, lines } = await registerOver(t, {
    refusesOverwrite: ['REST', 'SOAP'],
    faultOf: injectFaultFor('ignored', { operation: 'unregister' }),
  });

  assert.equal(fakeResurs.registered.get('UNFREEZE')?.uriTemplate, OLD);
  assert.match(lines[0] ?? '', /^UNFREEZE: FAILED\. The previous registration is still in effect\.$/);
});

test('the time of a removal whose response is lost counts as part of the gap', async (t) => {
  const { fakeResurs } = await setUpResurs(t, {
    registered: { UNFREEZE: OLD },
    quirks: {
      refusesOverwrite: ['REST', 'SOAP'],
      faultOf: injectFaultFor('answer_lost', { channel: 'REST', operation: 'unregister' }),
    },
  });
  let nowMs = 0;
  const { rest, soap } = clientsOf(t, fakeResurs);
  const slow: typeof rest = {
    ...rest,
    async unregister(type, signal) {
      const result = await rest.unregister(type, signal);
      nowMs += 10_000;
      return result;
    },
  };
  const clock = { now: () => nowMs, elapsed: () => nowMs };

  const result = await registerCallback({ channels: { rest: slow, soap }, clock }, 'UNFREEZE', NEW);

  assert.equal(result.outcome, 'registered');
  assert.ok((result.gapMs ?? 0) >= 10_000, `${result.gapMs} ms`);
});
