/**
 * The alert rules against the rule engine of Prometheus: each row plays samples, minute by minute, and names the alerts
 * that fire at its end. Needs promtool.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { PROMTOOL, skipWithout } from '../helpers/tools.ts';
import { ROOT } from './files.ts';

const LABELS = 'instance="r1:8080",job="resurs-callback-receiver"';
const skip = skipWithout(PROMTOOL);

interface Case {
  readonly name: string;
  /** Samples by metric (labels in braces), one a minute, in the notation of promtool. `up` is 1 unless it is here. */
  readonly series: Readonly<Record<string, string>>;
  /** Minutes from the start, which is the unix time 0. */
  readonly at: number;
  readonly fires: readonly string[];
}

const counter = (outcome: string, type = 'UNFREEZE') =>
  `resurs_callbacks_total{type="${type}",outcome="${outcome}",provider="resurs-ecom"}`;
const DAY = 1_440;

const CASES: readonly Case[] = [
  {
    name: 'nothing fires for a new database in its first day',
    series: {
      resurs_last_event_timestamp_seconds: '0x1400',
      process_start_time_seconds: '60x1400',
      resurs_database_up: '1x1400',
      [counter('try_again')]: '0x1400',
      [counter('digest_rejected')]: '0x1400',
    },
    at: 1_400,
    fires: [],
  },
  {
    name: 'a process that has received nothing since its start a day ago is reported',
    series: { resurs_last_event_timestamp_seconds: '0x1500', process_start_time_seconds: '60x1500' },
    at: DAY + 20,
    fires: ['ResursNothingReceived'],
  },
  {
    name: 'a last event older than a day is reported although the process has just started',
    series: { resurs_last_event_timestamp_seconds: '60x1500', process_start_time_seconds: `${(DAY + 5) * 60}x1500` },
    at: DAY + 20,
    fires: ['ResursNothingReceived'],
  },
  {
    name: 'an unreachable database, whose last event is unknown, is not taken for silence',
    series: { process_start_time_seconds: '60x1500', resurs_database_up: '0x1500' },
    at: DAY + 20,
    fires: ['ResursReceiverNotReady'],
  },
  {
    name: 'a receiver that cannot be reached is reported',
    series: { up: '1 1 0x10' },
    at: 6,
    fires: ['ResursReceiverNotReady'],
  },
  {
    name: 'a receiver that Prometheus does not find any more is reported',
    series: { up: '1 1 stale _x10' },
    at: 6,
    fires: ['ResursReceiverNotReady'],
  },
  {
    name: 'the first callback that is answered 503 is reported',
    series: { [counter('try_again')]: '0 0 1x10', [counter('try_again', 'BOOKED')]: '0x12' },
    at: 5,
    fires: ['ResursCallbacksPutOff'],
  },
  {
    name: 'the first callback with a wrong digest is reported',
    series: { [counter('digest_rejected')]: '0 0 1x10', [counter('digest_rejected', 'other')]: '0x12' },
    at: 5,
    fires: ['ResursDigestsRejected'],
  },
  {
    name: 'a webhook that stays down and its dead letters are reported',
    series: { resurs_webhook_up: '0x10', resurs_deliveries_dead_letter: '1x10' },
    at: 6,
    fires: ['ResursDeadLetters', 'ResursWebhookDown'],
  },
  {
    name: 'what the receiver itself has found is passed on, once',
    series: {
      'resurs_alert{name="missed_callbacks"}': '0 1x10',
      'resurs_alert{name="webhook_down"}': '1x11',
      'resurs_alert{name="silence"}': '0x11',
    },
    at: 6,
    fires: ['ResursMissedCallbacks'],
  },
];

/** Returns what promtool prints when the alerts that fire are not those of the case; empty when they are. */
async function runCase(t: TestContext, { series, at, fires }: Case): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'alerts-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const input = Object.entries({ up: '1x1500', ...series }).map(([metric, values]) => ({
    series: metric.includes('{') ? metric.replace('}', `,${LABELS}}`) : `${metric}{${LABELS}}`,
    values,
  }));
  const expression = 'count by (alertname) (ALERTS{alertstate="firing"})';
  const samples = fires.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 }));
  const document = {
    rule_files: [path.join(ROOT, 'docs', 'alerts.yml')],
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: input,
        promql_expr_test: [{ expr: expression, eval_time: `${at}m`, exp_samples: samples }],
      },
    ],
  };
  const file = path.join(folder, 'case.yml');
  await writeFile(file, stringify(document));
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' });
  return status === 0 ? '' : `${stdout}${stderr}`;
}

for (const example of CASES) {
  test(example.name, { skip }, async (t) => {
    assert.equal(await runCase(t, example), '');
  });
}
