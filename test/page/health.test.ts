/** The sentence of the overview: what is not well, the worst first, in both languages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert, Status } from '../../src/page/client/api/types.d.ts';
import { findingsOf } from '../../src/page/client/lib/health.js';
import { groupsOf } from '../../src/page/client/lib/refusal-groups.js';
import type { Language } from '../../src/page/client/lib/time.js';
import { TEXTS } from '../../src/page/client/texts/texts.js';
import { placeOf, sentenceOf } from '../../src/page/client/views/overview/sentence.js';

const NOW = Date.parse('2026-03-03T12:00:00.000Z');
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

function ago(ms: number): string {
  return new Date(NOW - ms).toISOString();
}

const COUNTS = { held: 0, pending: 0, delivering: 0, dead_letter: 0, delivered: 9, deliveredHours: 24 };
const JOB = { lastRunAt: null, checked: null, missed: null, failed: null, clockDifferenceMs: null };

const WELL: Status = {
  version: '1.0.0',
  uptimeSeconds: 60,
  environment: 'production',
  service: 'pay.shop.example',
  interfaces: { ecom: true, merchantApi: false },
  webhookUrl: 'https://shop.example/',
  snapshot: false,
  doctor: null,
  lastCallbackAt: ago(3 * MINUTE),
  lastDeliveryAt: ago(3 * MINUTE),
  lastTestAt: null,
  callbacks: {},
  deliveries: COUNTS,
  oldestPendingAgeSeconds: null,
  nextRetryAt: null,
  webhook: { state: 'up', lastError: null },
  reconciliation: { ...JOB, error: null, failedInRow: 0 },
  heartbeat: null,
  registrations: [],
  digestRefusals: { lastHour: 0, byType: {} },
  secrets: [],
};

const DOWN = {
  state: 'down',
  lastError: 'HTTP 503',
  downSince: ago(12 * MINUTE),
  nextProbeAt: ago(-40 * SECOND),
} as const;

const ALERT: Alert = {
  name: 'silence',
  severity: 'critical',
  state: 'firing',
  since: ago(MINUTE),
  until: null,
  message: 'The last callback came yesterday.',
  fix: 'Run receiver doctor.',
};

function say(changes: Partial<Status>, alerts: readonly Alert[] = [], language: Language = 'en') {
  const findings = findingsOf({ ...WELL, ...changes }, alerts, NOW);
  const words = { texts: TEXTS[language], language, nowMs: NOW };
  return findings.map((finding) => `${finding.kind}: ${sentenceOf(finding, words)}`);
}

const registration = (type: string, salt: 'current' | 'older' | 'changed') => ({
  type,
  salt,
  registeredAt: ago(0),
  problem: null,
});

const TABLE: readonly [string, Partial<Status>, string][] = [
  ['nothing', {}, 'good: All well: last callback 3 min ago, nothing waits.'],
  [
    'one under way',
    { deliveries: { ...COUNTS, pending: 1 } },
    'good: All well: last callback 3 min ago; 1 event is on the way.',
  ],
  [
    'some that are tried again',
    { deliveries: { ...COUNTS, pending: 2, delivering: 1 }, nextRetryAt: ago(-40 * SECOND) },
    'good: All well: last callback 3 min ago; 3 events are on the way; next try in 40 s.',
  ],
  [
    'a webhook that is down',
    { webhook: DOWN, deliveries: { ...COUNTS, pending: 34 }, oldestPendingAgeSeconds: 7_200 },
    "bad: The shop's webhook has been down for 12 min; 34 events wait; next try in 40 s.",
  ],
  [
    'a webhook that is tried now',
    { webhook: { ...DOWN, nextProbeAt: ago(SECOND) } },
    "bad: The shop's webhook has been down for 12 min; nothing waits; it is tried now.",
  ],
  [
    'dead letters',
    { deliveries: { ...COUNTS, dead_letter: 1_204 } },
    'bad: 1,204 events were given up. The shop does not get them unless you send them again.',
  ],
  [
    'one dead letter',
    { deliveries: { ...COUNTS, dead_letter: 1 } },
    'bad: 1 event was given up. The shop does not get it unless you send it again.',
  ],
  [
    'more dead letters than are counted',
    { deliveries: { ...COUNTS, dead_letter: 100_000, atLeast: true } },
    'bad: 100,000+ events were given up. The shop does not get them unless you send them again.',
  ],
  [
    'no webhook',
    { webhook: { state: 'unset', lastError: null } },
    'warning: No webhook is set. Events will be stored and held.',
  ],
  [
    'no webhook, events held',
    {
      webhook: { state: 'unset', lastError: null },
      deliveries: { ...COUNTS, held: 5 },
      oldestPendingAgeSeconds: 9_000,
    },
    'warning: No webhook is set. 5 events are held until there is one.',
  ],
  ['no callback ever', { lastCallbackAt: null }, 'warning: No callback has come yet.'],
  [
    'a changed salt',
    {
      registrations: [
        registration('BOOKED', 'changed'),
        registration('TEST', 'current'),
        registration('UPDATE', 'changed'),
      ],
    },
    'bad: Resurs has another salt than this service. Callbacks of these types are refused: BOOKED, UPDATE.',
  ],
  [
    'an older salt',
    { registrations: [registration('BOOKED', 'older')] },
    'warning: Resurs still uses an older salt, which is accepted: BOOKED. Register again before you remove it.',
  ],
  [
    'refused digests',
    { digestRefusals: { lastHour: 3, byType: { BOOKED: 2, TEST: 1 } } },
    'bad: 3 callbacks were refused in the last hour, because their digests were wrong. Resurs tries them for 36 hours, then they are lost.',
  ],
  [
    'old events',
    { deliveries: { ...COUNTS, pending: 2 }, oldestPendingAgeSeconds: 7_200 },
    'warning: The oldest undelivered event has waited for 2 h; 2 events wait.',
  ],
  [
    'a reconciliation that failed once',
    { reconciliation: { ...JOB, error: 'x', failedInRow: 1 } },
    'warning: Resurs could not be asked for missed callbacks.',
  ],
  [
    'a reconciliation that fails',
    { reconciliation: { ...JOB, error: 'x', failedInRow: 4 } },
    'bad: Resurs could not be asked for missed callbacks, 4 times in a row.',
  ],
  [
    'a heartbeat that does not arrive',
    { heartbeat: { lastAskedAt: ago(0), lastArrivedAt: null, roundTripMs: null, failedInRow: 2, error: 'x' } },
    'warning: The test callback that Resurs was asked for did not arrive, 2 times in a row. Real ones may be missing as well.',
  ],
  [
    'a doctor that found a fault',
    { doctor: { at: ago(3 * 60 * MINUTE), passed: 9, warned: 1, failed: 2, skipped: 0, problems: [] } },
    'warning: The doctor found problems 3 hr ago: 2 failed, 1 warned.',
  ],
];

for (const [name, changes, expected] of TABLE) {
  test(`the sentence for ${name}`, () => assert.deepEqual(say(changes), [expected]));
}

test('the worst comes first, and the others follow', () => {
  const all = say({
    lastCallbackAt: null,
    deliveries: { ...COUNTS, pending: 2, dead_letter: 3 },
    webhook: DOWN,
    digestRefusals: { lastHour: 1, byType: { TEST: 1 } },
  });
  assert.deepEqual(
    all.map((sentence) => sentence.split(':')[0]),
    ['bad', 'bad', 'warning', 'warning'],
  );
  assert.match(all[0] ?? '', /webhook has been down/);
});

test('a firing alert is a finding, unless its fact is one already; one that has ended is none', () => {
  assert.deepEqual(say({}, [ALERT]), ['bad: The last callback came yesterday.']);
  assert.deepEqual(say({}, [{ ...ALERT, state: 'resolved', until: ago(0) }]).length, 1);
  assert.match(say({}, [{ ...ALERT, state: 'resolved', until: ago(0) }])[0] ?? '', /^good/);
  assert.equal(say({ deliveries: { ...COUNTS, dead_letter: 3 } }, [{ ...ALERT, name: 'dead_letters' }]).length, 1);
});

test('what doctor only warns of does not keep all from being well', () => {
  const doctor = { at: ago(0), passed: 9, warned: 1, failed: 0, skipped: 0, problems: ['sources'] };
  assert.match(say({ doctor })[0] ?? '', /^good/);
});

test('each sentence has its Swedish one, with a place where one acts', () => {
  for (const [name, changes, english] of TABLE) {
    const [sentence = ''] = say(changes, [], 'sv');
    assert.notEqual(sentence, english, name);
    const [finding] = findingsOf({ ...WELL, ...changes }, [], NOW);
    assert.equal(placeOf(finding, 'test') === null, finding.name === 'all_well', name);
  }
  assert.deepEqual(say({ webhook: DOWN, deliveries: { ...COUNTS, pending: 34 } }, [], 'sv'), [
    'bad: Butikens webhook har legat nere i 12 min; 34 händelser väntar; nästa försök om 40 s.',
  ]);
});

test('refusals are grouped by reason, with the time until which Resurs retries', () => {
  const refusal = (reason: string, callback: string | null, agoMs: number) => ({
    at: ago(agoMs),
    reason,
    callback,
    source: null,
  });
  const groups = groupsOf([
    refusal('digest_rejected', 'BOOKED', MINUTE),
    refusal('digest_rejected', 'BOOKED', 60 * MINUTE),
    refusal('unauthorized', 'MANAGEMENT', MINUTE),
  ]);
  assert.deepEqual(
    groups.map(({ reason, count, mendBefore }) => ({ reason, count, mendBefore })),
    [
      { reason: 'digest_rejected', count: 2, mendBefore: '2026-03-04T23:12:15.000Z' },
      { reason: 'unauthorized', count: 1, mendBefore: null },
    ],
  );
});
