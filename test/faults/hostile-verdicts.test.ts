/**
 * The verdicts of `npm run faults -- hostile` can fail: a good run keeps every promise, and each violation breaks the
 * promise that it belongs to. Pure.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence, TargetEvidence } from '../../faults/hostile/evidence.ts';
import type { ExpectedEvent } from '../../faults/hostile/expected-event.ts';
import { createLeakScanner } from '../../faults/hostile/leak-scan.ts';
import { verdictsOf } from '../../faults/hostile/verdicts.ts';
import { testVerdicts, type Violation } from './test-verdicts.ts';

type Changeable<T> = { -readonly [Name in keyof T]: T[Name] };

interface Run {
  readonly evidence: Changeable<Evidence>;
  readonly target: Changeable<TargetEvidence>;
  readonly counts: Map<string, Map<string, number>>;
}

const MIB = 1024 * 1024;

function expectedEvent(paymentId: string, provider: ExpectedEvent['provider'] = 'resurs-ecom'): ExpectedEvent {
  const values = {
    provider,
    orderReference: null,
    callback: 'UPDATE',
    result: null,
    method: 'POST',
    parameters: { b: '2', a: '1' },
  };
  return { paymentId, ...values, body: 'abc', registeredAt: null };
}

function memoryOf(mebibytes: (part: number) => number) {
  return Array.from({ length: 100 }, (_, n) => ({ atMs: n * 250, bytes: mebibytes(n / 100) * MIB }));
}

function goodRun(): Run {
  const target: Changeable<TargetEvidence> = {
    name: 'digest only',
    legitimate: [
      { expectedEvent: expectedEvent('legitimate-1'), outcome: 'callback 204', tookMs: 12 },
      { expectedEvent: expectedEvent('legitimate-2', 'resurs-mapi'), outcome: 'callback 204', tookMs: 12 },
    ],
    accepted: [expectedEvent('unusual-1')],
    uncertain: [expectedEvent('unusual-2')],
    stored: [
      expectedEvent('legitimate-1'),
      { ...expectedEvent('unusual-1'), parameters: { a: '1', b: '2' } },
      expectedEvent('legitimate-2', 'resurs-mapi'),
    ],
    orphans: [],
    slow: [{ client: 'silent', outcomes: ['plain 408', 'closed'], afterMs: 10_500 }],
    memory: memoryOf((part) => (part < 0.2 ? 100 + part * 400 : 180)),
    files: { before: 30, after: 31 },
    logLines: 150,
    series: 20,
    crash: null,
    exitCode: 0,
  };
  const counts = new Map([['wrong digest', new Map([['callback 406', 5]])]]);
  const idle = { wanted: 300, open: 300 };
  const evidence = { targets: [target], violations: new Map(), counts, idle, leaks: [], notJson: 0, seconds: 10 };
  return { evidence, target, counts };
}

const VIOLATIONS: readonly Violation<Run>[] = [
  ['a process crashed', /no process crashed/, ({ target }) => Object.assign(target, { crash: 'SIGSEGV' })],
  ['a process did not stop', /exit code 0/, ({ target }) => Object.assign(target, { exitCode: null })],
  [
    'a response was wrong',
    /as its attack allows/,
    ({ evidence }) => Object.assign(evidence, { violations: new Map([['x', 1]]) }),
  ],
  ['bad input met a 500', /never answered 5xx/, ({ counts }) => counts.set('scan', new Map([['plain 500', 1]]))],
  ['bad input met a 503', /never answered 5xx/, ({ counts }) => counts.set('scan', new Map([['callback 503', 1]]))],
  [
    'an legitimate callback waited too long',
    /within 4 s/,
    ({ target }) => Object.assign(target.legitimate[0] ?? {}, { tookMs: 4_001 }),
  ],
  [
    'an legitimate callback was refused',
    /within 4 s/,
    ({ target }) => Object.assign(target.legitimate[0] ?? {}, { outcome: 'callback 406' }),
  ],
  [
    'no legitimate callback of the Merchant API was sent',
    /within 4 s/,
    ({ target }) => Object.assign(target, { legitimate: target.legitimate.slice(0, 1) }),
  ],
  [
    'an event is stored with another order',
    /exactly as it was sent/,
    ({ target }) => Object.assign(target.stored[2] ?? {}, { orderReference: 'order-1' }),
  ],
  ['no legitimate callback was sent', /within 4 s/, ({ target }) => Object.assign(target, { legitimate: [] })],
  [
    'an legitimate callback is lost',
    /exactly once/,
    ({ target }) => Object.assign(target, { stored: target.stored.slice(1) }),
  ],
  [
    'an unusual callback is stored twice',
    /exactly once/,
    ({ target }) => Object.assign(target, { stored: [...target.stored, expectedEvent('unusual-1')] }),
  ],
  [
    'a stored parameter differs',
    /exactly as it was sent/,
    ({ target }) => Object.assign(target.stored[1] ?? {}, { parameters: { a: '1', b: '3' } }),
  ],
  [
    'a stored body differs',
    /exactly as it was sent/,
    ({ target }) => Object.assign(target.stored[0] ?? {}, { body: 'abd' }),
  ],
  [
    'an attacker stored an event',
    /not a row/,
    ({ target }) => Object.assign(target, { stored: [...target.stored, expectedEvent('smuggled-1')] }),
  ],
  ['an attacker stored another row', /not a row/, ({ target }) => Object.assign(target, { orphans: ['payments x'] })],
  [
    'a slow client was not ended',
    /slow clients/,
    ({ target }) => Object.assign(target.slow[0] ?? {}, { outcomes: ['silent'], afterMs: 22_000 }),
  ],
  [
    'half a body was accepted',
    /slow clients/,
    ({ target }) => Object.assign(target.slow[0] ?? {}, { outcomes: ['callback 204', 'closed'] }),
  ],
  [
    'idle connections were refused',
    /idle/,
    ({ evidence }) => Object.assign(evidence, { idle: { wanted: 300, open: 200 } }),
  ],
  ['memory grows', /memory/, ({ target }) => Object.assign(target, { memory: memoryOf((part) => 100 + part * 100) })],
  ['files stay open', /stays open/, ({ target }) => Object.assign(target, { files: { before: 30, after: 60 } })],
  ['each rejected request is logged', /do not grow/, ({ target }) => Object.assign(target, { logLines: 5_000 })],
  ['attackers create time series', /do not grow/, ({ target }) => Object.assign(target, { series: 500 })],
  ['a secret leaked', /secret/, ({ evidence }) => Object.assign(evidence, { leaks: ['a line: the salt'] })],
  [
    'the merchant received something other than JSON',
    /JSON/,
    ({ evidence }) => Object.assign(evidence, { notJson: 1 }),
  ],
];

testVerdicts(goodRun, VIOLATIONS, ({ evidence }) => verdictsOf(evidence));

const REVISION = '0a4d55a8d778e5022fab701977c5d840bbc486d0';

test('the leak scan finds secrets in any case and digests by their form, and repeats neither', () => {
  const leakScanner = createLeakScanner(new Map([['the salt', 'Salt+of/this.run']]), REVISION);
  const digest = 'DA39A3EE5E6B4B0D3255BFEF95601890AFD80709';

  leakScanner.scan('the start', `{"revision":"${REVISION}"}`);
  leakScanner.scan('a line', '{"reason":"salt+OF/this.run"}');
  leakScanner.scan('a response', `{"d":"${digest}"}`);
  leakScanner.scan('clean', '{"id":"evt_01a1fc84-512e-7f09-b704-549f61c605c4","x":"Salt of this run"}');

  assert.deepEqual([...leakScanner.leaks], ['a line: the salt', 'a response: something like a digest']);
});
