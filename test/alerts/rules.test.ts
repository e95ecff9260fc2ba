/** Each rule at its threshold, and never about something that is not set up. Pure; a table of cases. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALERT_NAMES, type AlertName } from '../../src/alerts/alert.ts';
import type { Observations } from '../../src/alerts/observations.ts';
import type { RuleSettings } from '../../src/alerts/rule.ts';
import { applyRules } from '../../src/alerts/rules.ts';
import type { JobName, JobState } from '../../src/db/leader-lock.ts';

const NOW = new Date('2026-11-30T10:00:00Z');
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const ago = (ms: number) => new Date(NOW.getTime() - ms);

const SETTINGS: RuleSettings = {
  WEBHOOK_URL: 'https://shop.example/webhook',
  SILENCE_HOURS: 12,
  RECONCILE_INTERVAL: 900_000,
  HEARTBEAT_INTERVAL: 3_600_000,
  RESURS_USERNAME: 'shop',
  PUBLIC_URL: 'https://pay.shop.example',
};

/** Nothing is wrong. */
const CALM: Observations = {
  outage: null,
  deadLetterAt: null,
  lastCallbackAt: ago(HOUR_MS),
  watchedSince: ago(1_000 * HOUR_MS),
  jobs: new Map(),
  passwordExpiringAt: null,
  oldestDueAt: null,
  missed: { count: 0, lastAt: null },
};

function job(name: JobName, state: Partial<JobState>): Partial<Observations> {
  const ended = { startedAt: NOW, finishedAt: NOW, succeededAt: null, failedInRow: 0, error: null, result: null };
  return { jobs: new Map([[name, { name, isRunning: false, ...ended, ...state }]]) };
}

interface Case {
  readonly what: string;
  readonly seen: Partial<Observations>;
  readonly settings?: Partial<RuleSettings>;
  /** The alert that is true; null: none. */
  readonly alert: AlertName | null;
  readonly message?: RegExp;
}

const outage = (ms: number) => ({ outage: { since: ago(ms), error: 'HTTP 500' } });
const drift = job('registration_check', { result: { problem: 'BOOKED: leads to another address.' } });
const certificate = job('certificate_check', { result: { problem: 'It expired.', fix: 'Renew it.' } });
const failed = (name: JobName, failedInRow: number) => job(name, { failedInRow, error: 'no response within 5000 ms' });

const CASES: readonly Case[] = [
  { what: 'nothing wrong', seen: {}, alert: null },
  { what: 'a webhook down for less than 5 minutes', seen: outage(5 * MINUTE_MS - 1), alert: null },
  { what: 'a webhook down for 5 minutes', seen: outage(5 * MINUTE_MS), alert: 'webhook_down', message: /HTTP 500/ },
  { what: 'an outage without a webhook', seen: outage(HOUR_MS), settings: { WEBHOOK_URL: null }, alert: null },
  { what: 'a dead letter of an hour ago', seen: { deadLetterAt: ago(HOUR_MS) }, alert: null },
  { what: 'a new dead letter', seen: { deadLetterAt: ago(HOUR_MS - 1) }, alert: 'dead_letters' },
  { what: 'no callback for less than the limit', seen: { lastCallbackAt: ago(12 * HOUR_MS - 1) }, alert: null },
  {
    what: 'no callback for the limit',
    seen: { lastCallbackAt: ago(12 * HOUR_MS) },
    alert: 'silence',
    message: /2026-11-29 22:00 UTC. SILENCE_HOURS is 12/,
  },
  {
    what: 'no callback ever, since the limit',
    seen: { lastCallbackAt: null },
    alert: 'silence',
    message: /^No callback is stored/,
  },
  { what: 'no callback ever, not yet', seen: { lastCallbackAt: null, watchedSince: ago(HOUR_MS) }, alert: null },
  { what: 'silence without a limit', seen: { lastCallbackAt: null }, settings: { SILENCE_HOURS: null }, alert: null },
  { what: 'one failed reconciliation', seen: failed('reconciliation', 1), alert: null },
  {
    what: 'two failed reconciliations',
    seen: failed('reconciliation', 2),
    alert: 'reconciliation_failed',
    message: /2 times in a row. The reason: no response within 5000 ms\./,
  },
  {
    what: 'two failed runs of the command today',
    seen: job('reconciliation', { failedInRow: 2, finishedAt: ago(24 * HOUR_MS - 1) }),
    settings: { RECONCILE_INTERVAL: null },
    alert: 'reconciliation_failed',
  },
  {
    what: 'failed runs of the command of yesterday',
    seen: job('reconciliation', { failedInRow: 3, finishedAt: ago(24 * HOUR_MS) }),
    settings: { RECONCILE_INTERVAL: null },
    alert: null,
  },
  { what: 'a password announced a week ago', seen: { passwordExpiringAt: ago(168 * HOUR_MS) }, alert: null },
  { what: 'a password announced', seen: { passwordExpiringAt: ago(167 * HOUR_MS) }, alert: 'password_expiring' },
  { what: 'an event due for less than 30 minutes', seen: { oldestDueAt: ago(30 * MINUTE_MS - 1) }, alert: null },
  { what: 'an event due for 30 minutes', seen: { oldestDueAt: ago(30 * MINUTE_MS) }, alert: 'delivery_delayed' },
  { what: 'an event due tomorrow', seen: { oldestDueAt: ago(-24 * HOUR_MS) }, alert: null },
  {
    what: 'an event that is held without a webhook',
    seen: { oldestDueAt: ago(HOUR_MS) },
    settings: { WEBHOOK_URL: null },
    alert: null,
  },
  { what: 'one failed heartbeat', seen: failed('heartbeat', 1), alert: null },
  { what: 'two failed heartbeats', seen: failed('heartbeat', 2), alert: 'heartbeat_failed' },
  { what: 'no heartbeat set', seen: failed('heartbeat', 2), settings: { HEARTBEAT_INTERVAL: null }, alert: null },
  {
    what: 'missed callbacks of today',
    seen: { missed: { count: 3, lastAt: ago(HOUR_MS) } },
    alert: 'missed_callbacks',
    message: /24 hours: 3\./,
  },
  {
    what: 'more missed callbacks than are counted',
    seen: { missed: { count: 1_000, lastAt: ago(HOUR_MS) } },
    alert: 'missed_callbacks',
    message: /at least 1000\./,
  },
  { what: 'a registration that differs', seen: drift, alert: 'registration_drift', message: /BOOKED: leads to/ },
  { what: 'drift without an account', seen: drift, settings: { RESURS_USERNAME: null }, alert: null },
  { what: 'drift without PUBLIC_URL', seen: drift, settings: { PUBLIC_URL: null }, alert: null },
  { what: 'no drift', seen: job('registration_check', { result: { problem: null } }), alert: null },
  { what: 'a bad certificate', seen: certificate, alert: 'certificate_expiring', message: /It expired\.$/ },
  { what: 'a certificate of http', seen: certificate, settings: { PUBLIC_URL: 'http://localhost' }, alert: null },
];

for (const { what, seen, settings = {}, alert, message = /./ } of CASES) {
  test(`${what} is ${alert ?? 'no alert'}`, () => {
    const verdicts = applyRules({ seen: { ...CALM, ...seen }, settings: { ...SETTINGS, ...settings }, now: NOW });

    const trueOnes = ALERT_NAMES.filter((name) => verdicts[name].isTrue);
    assert.deepEqual(trueOnes, alert === null ? [] : [alert]);
    if (alert === null) return;
    assert.match(verdicts[alert].message, message);
    assert.match(verdicts[alert].fix, new RegExp(`^[A-Z].*docs/runbook.md, section ${alert}\\.$`));
  });
}

test('what a stranger has written is one short line in the message', () => {
  const error = `HTTP 500\n<!channel> ${'x'.repeat(500)}`;
  const verdicts = applyRules({
    seen: { ...CALM, outage: { since: ago(HOUR_MS), error } },
    settings: SETTINGS,
    now: NOW,
  });

  assert.doesNotMatch(verdicts.webhook_down.message, /\n|x{200}/);
});
