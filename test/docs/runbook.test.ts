/**
 * The runbook works: every alert has its section, every command runs unchanged against a real service with failures, every
 * statement returns rows, and every metric that is named exists.
 */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { ALERT_NAMES } from '../../src/alerts/alert.ts';
import { RESPONSES } from '../../src/callbacks/responses.ts';
import { classifyDatabaseError } from '../../src/db/errors.ts';
import { RESURS_SOURCES } from '../../src/protocol/ecom/source-addresses.ts';
import { startFakeResurs } from '../../src/simulator/fake-resurs.ts';
import { send } from '../helpers/callbacks.ts';
import { deliveries, sendCallback, waitForAttempts, waitForLine, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { parseScrape } from '../helpers/prometheus.ts';
import { STATUS_TOKEN, startTestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';
import { PARTS } from './bad-day-shell.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const RUNBOOK = await readFile(path.join(ROOT, 'docs', 'runbook.md'), 'utf8');
const RULES = await readFile(path.join(ROOT, 'docs', 'alerts.yml'), 'utf8');
const HAS_PSQL = spawnSync('psql', ['--version']).status === 0;

interface Section {
  readonly title: string;
  readonly text: string;
}

const CODES = 'Codes of Postgres';
/** Its commands run in these files. */
const BAD_DAY = 'A bad day';
const BAD_DAY_TESTS = ['bad-day.long.ts', 'bad-machine.long.ts'];
const ALL_SECTIONS: readonly Section[] = RUNBOOK.split(/^## /m)
  .slice(1)
  .map((text) => ({ title: text.split('\n')[0] ?? '', text }));
/** Those of alerts: of Prometheus, then of the receiver itself. */
const SECTIONS = ALL_SECTIONS.filter(({ title }) => title !== CODES && title !== BAD_DAY);

/** The shell blocks of a page, without their indentation. */
function shellOf(text: string): string {
  const blocks = [...text.matchAll(/^( *)```sh\n([\s\S]*?)^ *```$/gm)];
  return blocks.map(([, indent = '', block = '']) => block.replaceAll(new RegExp(`^${indent}`, 'gm'), '')).join('');
}

/** Starts a service with a dead letter, failing deliveries, a wrong digest and a webhook that is down; `env` is for its commands. */
async function startFailingService(t: TestContext) {
  const merchant = await startMerchant(t);
  merchant.answerWith(({ body }, response) => {
    response.writeHead(JSON.parse(body).data.paymentId === 'dead' ? 410 : 500).end();
  });
  const account = { username: 'shop', password: randomUUID() };
  const fakeResurs = await startFakeResurs({ account });
  t.after(() => fakeResurs.stop());
  const webhook = webhookEnv(merchant.url, { WEBHOOK_RETRY_SCHEDULE: '1h', DIGEST_KEY: randomUUID() });
  const receiver = await startTestService(t, { env: webhook });
  for (const paymentId of ['dead', 'p-1', 'p-2', 'p-3', 'p-4']) await sendCallback(receiver, 'UNFREEZE', paymentId);
  await send(receiver.url, `/callbacks/resurs?c=UNFREEZE&p=p-1&d=${'0'.repeat(40)}`);
  await waitForAttempts(receiver, 5);
  await waitForLine(receiver, 'webhook.down');
  const env = {
    ...webhook,
    DATABASE_URL: receiver.databaseUrl,
    STATUS_TOKEN,
    PUBLIC_URL: receiver.url,
    RESURS_USERNAME: account.username,
    RESURS_PASSWORD: account.password,
    RESURS_REST_URL: fakeResurs.restUrl,
    RESURS_SOAP_URL: fakeResurs.soapUrl,
  };
  return { receiver, env };
}

/** An error response fails a command; a search without matches does not. */
const PRELUDE = `
  set -euo pipefail
  curl() { command curl --fail-with-body --max-time 20 "$@"; }
  grep() { command grep "$@" || [ $? = 1 ]; }`;

test('every alert has a section of its own, and every section an alert', () => {
  const alerts = [...RULES.matchAll(/- alert: (\w+)\n([\s\S]*?)runbook_url: (\S+)/g)].map(
    ([, name = '', rule = '', url]) => {
      // A rule that only passes on an alert of the receiver shares its section.
      const own = /resurs_alert\{name="(\w+)"\}/.exec(rule)?.[1] ?? null;
      return { name, own, url };
    },
  );

  assert.equal(alerts.length, RULES.match(/- alert:/g)?.length);
  assert.deepEqual(
    [...alerts.filter(({ own }) => own === null).map(({ name }) => name), ...ALERT_NAMES],
    SECTIONS.map(({ title }) => title),
  );
  for (const { name, own, url } of alerts) assert.equal(url, `docs/runbook.md#${own ?? name.toLowerCase()}`);
  for (const { title, text } of SECTIONS) {
    for (const part of ['**Check**', '**Do**', '**Do not**']) assert.ok(text.includes(part), `${title} has ${part}`);
    assert.match(shellOf(text), /curl|grep/, title);
  }
});

test('each part of a bad day that has commands is run by a test', async () => {
  const files = await Promise.all(BAD_DAY_TESTS.map((name) => readFile(path.join(import.meta.dirname, name), 'utf8')));

  const titles = [...PARTS].filter(([, blocks]) => blocks.length > 0).map(([title]) => title);

  assert.equal(titles.length, 9);
  for (const title of titles)
    assert.ok(
      files.some((text) => text.includes(title)),
      title,
    );
});

test('every command of the runbook runs unchanged', { timeout: 120_000 }, async (t) => {
  const { receiver, env } = await startFailingService(t);
  const folder = await mkdtemp(path.join(tmpdir(), 'receiver-runbook-'));
  t.after(() => t.after(() => rm(folder, { recursive: true, force: true })));
  const log = path.join(folder, 'receiver.log');
  await writeFile(log, receiver.logText());
  const [dead] = await deliveries(receiver);
  const run = async (script: string) => {
    const chosen = script
      .replace(/^base=.*$/m, `base=${receiver.url}`)
      .replace(/^log=.*$/m, `log=${log}`)
      .replaceAll(/^id=evt_.*$/gm, `id=${dead?.id}`)
      // A port of this machine has no public name, so doctor fails.
      .replaceAll(/^(npx receiver doctor .*)$/gm, '$1 || [ $? = 1 ]')
      // What npx starts, without the seconds that npx itself takes each time.
      .replaceAll(/^npx receiver /gm, 'node bin/receiver.cjs ')
      .replaceAll(/^psql .*\n/gm, (line) => (HAS_PSQL ? line : ''));
    const PATH = `${path.dirname(process.execPath)}:${process.env.PATH}`;
    const all = { cwd: ROOT, env: { ...process.env, ...env, PATH } };
    return (await promisify(execFile)('bash', ['-c', `${PRELUDE}\n${chosen}`], all)).stdout;
  };
  const [preparation = ''] = RUNBOOK.split(/^## /m);
  await run('npx receiver register --yes');

  const outputs = new Map<string, string>();
  // What replays comes last: the others meet the dead letter as it is.
  const replays = ({ text }: Section) => /receiver replay (?!.*--dry-run)|\/replay/.test(shellOf(text));
  const inOrder = SECTIONS.toSorted((a, b) => Number(replays(a)) - Number(replays(b)));
  for (const { title, text } of inOrder) outputs.set(title, await run(shellOf(preparation) + shellOf(text)));

  const expected: Record<string, RegExp> = {
    ResursReceiverNotReady: /"status":"ready"[\s\S]*resurs_database_up 1[\s\S]*schema/,
    ResursNothingReceived:
      /"callbacks"[\s\S]*"refusals":\[\{"at"[\s\S]*"rejections"[\s\S]*outcome="recorded"[\s\S]*TEST arrived/,
    ResursOldestPendingTooOld: /"oldestPendingAgeSeconds":\d[\s\S]*"attempts":\[\{"number":1/,
    ResursWebhookDown: /"state":"down"[\s\S]*"event":"webhook.down"[\s\S]*webhook /,
    ResursDeadLetters: /"state":"dead_letter"[\s\S]*1 delivery would be sent again[\s\S]*"count":\d/,
    ResursRescueFailing: /resurs_rescue_failures_total\{step="expired_claims"\} 0/,
    ResursDigestsRejected: /outcome="digest_rejected"[^}]*\} 1[\s\S]*"outcome":"digest_rejected"[\s\S]*salts/,
    ResursCallbacksPutOff: /resurs_callback_duration_seconds_count \d/,
    ResursEventLoopSlow: /nodejs_eventloop_lag_p99_seconds [\d.]/,
    ResursMemoryHigh: /process_resident_memory_bytes \d[\s\S]*nodejs_heap_size_used_bytes \d/,
    webhook_down: /"alerts":\[[\s\S]*"state":"down"[\s\S]*webhook /,
    dead_letters: /"state":"dead_letter"[\s\S]*1 delivery would be sent again/,
    silence: /"alerts":\[[\s\S]*"refusals":\[[\s\S]*BOOKED/,
    reconciliation_failed: /"alerts":\[[\s\S]*"version"[\s\S]*registrations/,
    password_expiring: /"events":\[[\s\S]*BOOKED/,
    delivery_delayed: /"version"[\s\S]*resurs_webhook_up 0[\s\S]*"event":"webhook.down"/,
    heartbeat_failed: /"alerts":\[[\s\S]*TEST arrived[\s\S]*dns/,
    missed_callbacks: /"events":\[[\s\S]*"refusals":\[[\s\S]*resurs_callbacks_total/,
    registration_drift: /"alerts":\[[\s\S]*BOOKED/,
    certificate_expiring: /"alerts":\[[\s\S]*certificate/,
  };
  for (const { title } of SECTIONS) assert.match(outputs.get(title) ?? '', expected[title] ?? assert.fail(title));
});

/** Codes that an operator meets; others may be in the table as well. */
const MET_CODES = [
  '53100',
  '53200',
  '53300',
  '57P01',
  '57P02',
  '57P03',
  '57014',
  '25006',
  '28P01',
  '28000',
  '3D000',
].concat(['3F000', '08P01', '08006', '40001', '40P01', '42P01', '42501', '42883', '55P03', '22P05', '58030', 'XX000']);

test('the codes of Postgres are in a table that says what callbacks get, as the program decides it', () => {
  const { text } = ALL_SECTIONS.find(({ title }) => title === CODES) ?? assert.fail(CODES);
  const rows = [...text.matchAll(/^\| (`.+?`) \| (\d+) \| (.+?) \| (.+?) \|$/gm)];
  const codes = new Map<string, string | undefined>();
  for (const [, names = '', status, meaning, fix] of rows) {
    assert.ok(meaning && fix, names);
    for (const [, code = ''] of names.matchAll(/`(\w+)`/g)) codes.set(code, status);
  }

  for (const [code, status] of codes) {
    const kind = classifyDatabaseError(Object.assign(new Error('refused'), { code }));
    assert.equal(status, kind === 'unavailable' || kind === 'conflict' ? '503' : '500', code);
  }
  for (const code of MET_CODES) assert.ok(codes.has(code), code);
});

test('every statement of the runbook returns rows', async (t) => {
  const { receiver } = await startFailingService(t);
  const statements = [...RUNBOOK.matchAll(/^ *psql "\$DATABASE_URL" -c "([^"]+)"$/gm)].map(([, sql = '']) => sql);

  assert.equal(statements.length, RUNBOOK.match(/^ *psql /gm)?.length);
  for (const sql of statements) assert.ok((await receiver.query(sql)).length > 0, sql);
});

test('every metric, outcome and log event named by the alerts and the runbook exists', async (t) => {
  const receiver = await startTestService(t, { env: webhookEnv('http://127.0.0.1:9/') });
  const { types } = parseScrape((await requestStatusApi(receiver, 'GET', '/metrics')).body);
  const operations = await readFile(path.join(ROOT, 'docs', 'operations.md'), 'utf8');

  const wordsAfter = (pattern: RegExp) =>
    [...`${RULES}${RUNBOOK}`.matchAll(pattern)].flatMap(([, names = '']) => names.split('|'));
  const metrics = wordsAfter(/\b((?:resurs|nodejs|process)_[a-z0-9_]+)\b/g);
  const outcomes = wordsAfter(/(?:outcome=~?|"outcome":)"\(?([a-z_|]+)\)?"/g);
  const events = wordsAfter(/"event":"\(?([a-z_.|]+)\)?"/g);

  assert.ok(metrics.length > 20 && outcomes.length > 5 && events.length > 5);
  for (const name of metrics) assert.ok(types.has(name) || types.has(name.replace(/_(count|sum)$/, '')), name);
  for (const name of outcomes) assert.ok(name in RESPONSES, name);
  for (const source of RESURS_SOURCES) assert.ok(RUNBOOK.includes(source), source);
  for (const name of events) assert.ok(operations.includes(`\`${name}\``), name);
});
