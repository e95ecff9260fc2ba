/**
 * The minute in which Resurs has forgotten the old registration and takes no new one: how long it is tried, and what the operator
 * is told. The stand-in is real; clock and waiting are replaced, so that the minute passes at once.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { registerLines } from '../../src/commands/register-report.ts';
import { registerCallback } from '../../src/registrations/register.ts';
import type { Registered } from '../../src/registrations/registered.ts';
import type { Quirks } from '../../src/simulator/api/quirks.ts';
import { clientsOf, faultFor, setUpResurs } from '../helpers/resurs.ts';

const OLD = 'https://www.shop.example/old?c=UNFREEZE&t=1600000000&p={paymentId}';
const NEW = {
  uriTemplate: 'https://pay.shop.example/?c=UNFREEZE&t=1700000000&p={paymentId}',
  digest: null,
  basic: null,
};
const BEFORE: Registered = { outcome: 'held', uriTemplate: OLD };

/** Registers UNFREEZE over what is held; `after` lets Resurs change its mind after so many waits. */
async function put(
  t: TestContext,
  quirks: Partial<Quirks>,
  after: { waits: number; quirks: Partial<Quirks> } | null = null,
) {
  const { standIn, changes } = await setUpResurs(t, { held: { UNFREEZE: OLD }, quirks });
  const waits: number[] = [];
  let nowMs = 0;
  const clock = { now: () => nowMs, elapsed: () => nowMs };
  const sleep = async (ms: number) => {
    nowMs += ms;
    if (waits.push(ms) === after?.waits) standIn.misbehave(after.quirks);
  };

  const ended = await registerCallback({ channels: clientsOf(t, standIn), clock, sleep }, 'UNFREEZE', NEW);
  return { standIn, waits, ended, changes, lines: registerLines('UNFREEZE', ended, BEFORE) };
}

/** The first registration is refused because of the old one, and every later one for another reason. */
const REMOVED_FOR_NOTHING: Partial<Quirks> = {
  refusesHeld: ['REST'],
  faultOf: (call) => (call.operation === 'register' && !isFirst(call) ? 'server_error' : 'none'),
};

function isFirst({ channel, number }: { readonly channel: string; readonly number: number }): boolean {
  return channel === 'REST' && number <= 2;
}

test('when nothing can be registered for a minute, it says that NOTHING is', async (t) => {
  const { standIn, waits, ended, lines } = await put(t, REMOVED_FOR_NOTHING);

  assert.equal(standIn.held.has('UNFREEZE'), false);
  assert.deepEqual([ended.outcome, ended.outcome === 'failed' && ended.held], ['failed', { outcome: 'nothing' }]);
  const totalMs = waits.reduce((sum, ms) => sum + ms, 0);
  assert.ok(totalMs > 50_000 && totalMs <= 60_000, `${totalMs} ms`);
  assert.equal(ended.gapMs, totalMs);
  assert.equal(
    lines[0],
    `UNFREEZE: FAILED. NOTHING is registered for it now: its callbacks are not sent. Nothing was registered for ${(totalMs / 1000).toFixed(1)} s.`,
  );
  assert.match(lines.join('\n'), /\n {2}REST POST .*HTTP 500.*\n {2}SOAP registerEventCallback .*HTTP 500, code 3/);
});

test('it comes back soon at first, then every five seconds', async (t) => {
  const { waits } = await put(t, REMOVED_FOR_NOTHING);

  assert.deepEqual(waits.slice(0, 7), [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  assert.ok(waits.slice(7).every((ms) => ms === 5_000));
});

test('as soon as Resurs takes it again, it is registered, and the whole gap is told', async (t) => {
  const { standIn, ended, lines } = await put(t, REMOVED_FOR_NOTHING, { waits: 6, quirks: { faultOf: () => 'none' } });

  assert.equal(ended.outcome, 'registered');
  assert.equal(standIn.held.get('UNFREEZE')?.uriTemplate, NEW.uriTemplate);
  assert.deepEqual(lines, ['UNFREEZE: registered over REST and read back. Nothing was registered for 12.8 s.']);
});

test('a minute of "already exists" after the removal ends with NOTHING as well', async (t) => {
  const { standIn, lines } = await put(t, { refusesHeld: ['REST', 'SOAP'], refusalsAfterUnregister: 1_000 });

  assert.equal(standIn.held.has('UNFREEZE'), false);
  assert.match(lines[0] ?? '', /^UNFREEZE: FAILED\. NOTHING is registered .* Nothing was registered for \d\d\.\d s\.$/);
  assert.match(lines.join('\n'), /REST POST .*already exists!\n {2}SOAP register.*code 1: .*already exists!/);
});

test('a removal that never takes effect keeps the old one, and says so', async (t) => {
  const { standIn, lines } = await put(t, {
    refusesHeld: ['REST', 'SOAP'],
    faultOf: faultFor('ignored', { operation: 'unregister' }),
  });

  assert.equal(standIn.held.get('UNFREEZE')?.uriTemplate, OLD);
  assert.match(lines[0] ?? '', /^UNFREEZE: FAILED\. The previous registration is still in effect\.$/);
});

test('the time that a lost answer to the removal takes belongs to the gap', async (t) => {
  const { standIn } = await setUpResurs(t, {
    held: { UNFREEZE: OLD },
    quirks: {
      refusesHeld: ['REST', 'SOAP'],
      faultOf: faultFor('answer_lost', { channel: 'REST', operation: 'unregister' }),
    },
  });
  let nowMs = 0;
  const { rest, soap } = clientsOf(t, standIn);
  const slow: typeof rest = {
    ...rest,
    async unregister(type, signal) {
      const result = await rest.unregister(type, signal);
      nowMs += 10_000;
      return result;
    },
  };
  const clock = { now: () => nowMs, elapsed: () => nowMs };

  const ended = await registerCallback({ channels: { rest: slow, soap }, clock }, 'UNFREEZE', NEW);

  assert.equal(ended.outcome, 'registered');
  assert.ok((ended.gapMs ?? 0) >= 10_000, `${ended.gapMs} ms`);
});
