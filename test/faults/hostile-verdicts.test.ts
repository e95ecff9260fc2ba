/**
 * The judge of `npm run faults -- hostile` can say no: a run in which all is well passes, and each thing that may go
 * wrong breaks the promise it belongs to. Pure.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence, HouseEvidence } from '../../faults/hostile/evidence.ts';
import type { Fact } from '../../faults/hostile/expected-event.ts';
import { createSweep } from '../../faults/hostile/leak-scan.ts';
import { judge } from '../../faults/hostile/verdicts.ts';

type Changeable<T> = { -readonly [Name in keyof T]: T[Name] };

interface Run {
  readonly evidence: Changeable<Evidence>;
  readonly house: Changeable<HouseEvidence>;
  readonly counts: Map<string, Map<string, number>>;
}

const MIB = 1024 * 1024;

function factOf(paymentId: string): Fact {
  const said = { callback: 'UPDATE', result: null, method: 'POST', parameters: { b: '2', a: '1' } };
  return { paymentId, ...said, body: 'abc', registeredAt: null };
}

function memoryOf(mebibytes: (part: number) => number) {
  return Array.from({ length: 100 }, (_, n) => ({ atMs: n * 250, bytes: mebibytes(n / 100) * MIB }));
}

function goodRun(): Run {
  const house: Changeable<HouseEvidence> = {
    name: 'digest only',
    honest: [{ fact: factOf('honest-1'), outcome: 'callback 204', tookMs: 12 }],
    taken: [factOf('odd-1')],
    doubtful: [factOf('odd-2')],
    kept: [factOf('honest-1'), { ...factOf('odd-1'), parameters: { a: '1', b: '2' } }],
    strays: [],
    slow: [{ kind: 'silent', outcomes: ['plain 408', 'closed'], afterMs: 10_500 }],
    memory: memoryOf((part) => (part < 0.2 ? 100 + part * 400 : 180)),
    files: { before: 30, after: 31 },
    logLines: 150,
    series: 20,
    crash: null,
    exitCode: 0,
  };
  const counts = new Map([['wrong digest', new Map([['callback 406', 5]])]]);
  const idle = { wanted: 300, open: 300 };
  const evidence = { houses: [house], wrongs: new Map(), counts, idle, leaks: [], notJson: 0, seconds: 10 };
  return { evidence, house, counts };
}

function brokenPromises({ evidence }: Run): string[] {
  return judge(evidence)
    .filter(({ faults }) => faults.length > 0)
    .map(({ promise }) => promise);
}

test('a run in which all is well breaks no promise', () => {
  assert.deepEqual(brokenPromises(goodRun()), []);
});

const WRONGS: readonly [what: string, promise: RegExp, spoil: (run: Run) => unknown][] = [
  ['a process crashed', /ended by itself/, ({ house }) => Object.assign(house, { crash: 'SIGSEGV' })],
  ['a process did not stop', /exit code 0/, ({ house }) => Object.assign(house, { exitCode: null })],
  [
    'an answer was wrong',
    /as its kind allows/,
    ({ evidence }) => Object.assign(evidence, { wrongs: new Map([['x', 1]]) }),
  ],
  ['bad input met a 500', /never answered 5xx/, ({ counts }) => counts.set('scan', new Map([['plain 500', 1]]))],
  ['bad input met a 503', /never answered 5xx/, ({ counts }) => counts.set('scan', new Map([['callback 503', 1]]))],
  [
    'an honest callback waited too long',
    /within 4 s/,
    ({ house }) => Object.assign(house.honest[0] ?? {}, { tookMs: 4_001 }),
  ],
  [
    'an honest callback was refused',
    /within 4 s/,
    ({ house }) => Object.assign(house.honest[0] ?? {}, { outcome: 'callback 406' }),
  ],
  ['nobody honest came', /within 4 s/, ({ house }) => Object.assign(house, { honest: [] })],
  ['an honest callback is lost', /exactly once/, ({ house }) => Object.assign(house, { kept: house.kept.slice(1) })],
  [
    'an odd callback is stored twice',
    /exactly once/,
    ({ house }) => Object.assign(house, { kept: [...house.kept, factOf('odd-1')] }),
  ],
  [
    'a parameter was changed on the way',
    /exactly as it was sent/,
    ({ house }) => Object.assign(house.kept[1] ?? {}, { parameters: { a: '1', b: '3' } }),
  ],
  [
    'a body was changed on the way',
    /exactly as it was sent/,
    ({ house }) => Object.assign(house.kept[0] ?? {}, { body: 'abd' }),
  ],
  [
    'a stranger left an event',
    /not a row/,
    ({ house }) => Object.assign(house, { kept: [...house.kept, factOf('smuggled-1')] }),
  ],
  ['a stranger left another row', /not a row/, ({ house }) => Object.assign(house, { strays: ['payments x'] })],
  [
    'a slow sender was let go on',
    /slow senders/,
    ({ house }) => Object.assign(house.slow[0] ?? {}, { outcomes: ['silent'], afterMs: 22_000 }),
  ],
  [
    'half a body was taken',
    /slow senders/,
    ({ house }) => Object.assign(house.slow[0] ?? {}, { outcomes: ['callback 204', 'closed'] }),
  ],
  [
    'idle connections were refused',
    /idle/,
    ({ evidence }) => Object.assign(evidence, { idle: { wanted: 300, open: 200 } }),
  ],
  ['memory grows', /memory/, ({ house }) => Object.assign(house, { memory: memoryOf((part) => 100 + part * 100) })],
  ['files stay open', /stays open/, ({ house }) => Object.assign(house, { files: { before: 30, after: 60 } })],
  ['each refusal has a line', /do not grow/, ({ house }) => Object.assign(house, { logLines: 5_000 })],
  ['strangers make time series', /do not grow/, ({ house }) => Object.assign(house, { series: 500 })],
  ['a secret came out', /secret/, ({ evidence }) => Object.assign(evidence, { leaks: ['a line: the salt'] })],
  ['the merchant got no JSON', /JSON/, ({ evidence }) => Object.assign(evidence, { notJson: 1 })],
];

for (const [what, promise, spoil] of WRONGS) {
  test(`it is noticed that ${what}`, () => {
    const run = goodRun();

    spoil(run);

    assert.ok(
      brokenPromises(run).some((broken) => promise.test(broken)),
      brokenPromises(run).join('\n'),
    );
  });
}

test('a secret is found in any case, a digest by its form, and neither is repeated', () => {
  const sweep = createSweep(new Map([['the salt', 'Salt+of/this.run']]));
  const digest = 'DA39A3EE5E6B4B0D3255BFEF95601890AFD80709';

  sweep.look('a line', '{"reason":"salt+OF/this.run"}');
  sweep.look('an answer', `{"d":"${digest}"}`);
  sweep.look('clean', '{"id":"evt_01a1fc84-512e-7f09-b704-549f61c605c4","x":"Salt of this run"}');

  assert.deepEqual([...sweep.faults], ['a line: the salt', 'an answer: something like a digest']);
});
