/** `alerts`: lists the alerts, or posts one marked test to ALERT_URL and prints the answer. */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Alert } from '../alerts/alert.ts';
import { formatMessages } from '../alerts/formats/format.ts';
import { originOf, testMessage } from '../alerts/message.ts';
import { createAlertSender, problemOfSend, type SendResult } from '../alerts/post.ts';
import { timeOf } from '../alerts/rule.ts';
import { listAlerts } from '../alerts/store.ts';
import type { Config } from '../config/settings.ts';
import { alertFormatOf } from '../config/types/alert-format.ts';
import { openDatabase } from '../db/client.ts';
import { systemClock } from '../lib/clock.ts';
import { formatTable } from '../lib/text-table.ts';
import type { NewAction } from '../operators/actions.ts';
import { defineCommand, EXIT, printSettingErrors, type Terminal } from './command.ts';
import { recordCommandAction } from './command-action.ts';
import { findCommandDatabase, NO_SERVICE, printDatabaseFailure } from './database.ts';

const HELP = `Usage: receiver alerts [--test] [--json]

Lists the alerts that fire, and those that ended in the last 30 days, from the database of the
service. Changes nothing.

  --test   posts one marked test to ALERT_URL instead, and prints what is answered; no alert is
           involved, and the database, if there is one, keeps that it was sent. At PagerDuty it opens an incident, which you close there
  --json   one JSON document on standard output

Exit codes: 0 listed, or the test was accepted; 1 the database cannot be read, or the test was not
accepted; 64 wrong usage; 78 settings missing or wrong.`;

export const alerts = defineCommand({
  summary: 'list the alerts, or post a test',
  help: HELP,
  options: { test: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
  async run({ values: { test, json }, config, terminal }) {
    return test ? postTest(config, { json, terminal }) : printList(config, { json, terminal });
  },
});

interface Output {
  readonly json: boolean;
  readonly terminal: Terminal;
}

async function printList(config: Config, { json, terminal }: Output): Promise<number> {
  const connectionString = await findCommandDatabase(config).catch(() => null);
  if (connectionString === null) {
    terminal.printError(NO_SERVICE);
    return EXIT.failed;
  }
  const db = openDatabase({ connectionString, poolSize: 1, onConnectionError: () => undefined });
  try {
    const list = await listAlerts(db, new Date(systemClock.now()));
    if (json) terminal.print(JSON.stringify({ alerts: list.map(publicMembers) }));
    else for (const line of linesOf(list)) terminal.print(line);
    return EXIT.ok;
  } catch (error) {
    printDatabaseFailure(error, 'The database cannot be read', terminal);
    return EXIT.failed;
  } finally {
    await db.close();
  }
}

/** As `GET /alerts` has them. */
function publicMembers({ name, severity, state, since, until, message, fix }: Alert) {
  return { name, severity, state, since, until, message, fix };
}

function linesOf(list: readonly Alert[]): readonly string[] {
  if (list.length === 0) return ['No alert fires, and none did in the last 30 days.'];
  const rows = list.map(({ name, severity, state, since, until }) => {
    return [name, severity, state, timeOf(since), until === null ? '' : timeOf(until)];
  });
  const firing = list.filter(({ state }) => state === 'firing');
  return [
    ...formatTable(['Alert', 'Severity', 'State', 'Since', 'Until'], rows),
    ...firing.flatMap(({ name, message, fix }) => ['', `${name}: ${message}`, `  ${fix}`]),
  ];
}

async function postTest(config: Config, { json, terminal }: Output): Promise<number> {
  const { ALERT_URL: url, ALERT_FORMAT, ALERT_AUTHORIZATION: authorization } = config;
  if (url === null) {
    const error = { setting: 'ALERT_URL', problem: 'is not set, so alerts are posted nowhere', fix: SET_URL };
    return printSettingErrors([error], terminal);
  }
  const format = alertFormatOf(ALERT_FORMAT, url);
  const origin = originOf(config);
  const message = testMessage(randomUUID(), origin, new Date(systemClock.now()));
  const [post] = formatMessages([message], { format, origin, key: authorization });
  const sender = createAlertSender({ url, format, authorization, proxies: config, sleep });
  try {
    const result = await sender.sendOnce(post?.body ?? {}, terminal.stop ?? new AbortController().signal);
    if (json) terminal.print(JSON.stringify({ format, ...result }));
    else printResult(result, { format, url, terminal });
    const problem = await recordCommandAction(config, testAction(result, format));
    if (problem !== null) terminal.printError(`The database does not keep that the test was sent: ${problem}.`);
    return result.outcome === 'accepted' ? EXIT.ok : EXIT.failed;
  } finally {
    await sender.close();
  }
}

function testAction(result: SendResult, format: string): NewAction {
  const status = 'status' in result ? result.status : null;
  return { action: 'alert.tested', operator: 'receiver alerts', detail: { format, outcome: result.outcome, status } };
}

/** A test is sent once, so that the operator does not wait for a further try. */
const sleep = (ms: number, signal: AbortSignal) => setTimeout(ms, undefined, { signal });

const SET_URL = 'set it to the URL that your chat, your pager or your program gives you for this';

function printResult(
  result: SendResult,
  { format, url, terminal }: { readonly format: string; readonly url: string; readonly terminal: Terminal },
): void {
  const target = `${new URL(url).host} (format ${format})`;
  const answer = 'answer' in result && result.answer !== '' ? `: ${result.answer}` : '';
  if (result.outcome === 'accepted') {
    terminal.print(`${target} has accepted the test: ${result.status}${answer}`);
    terminal.print('Look there whether it has arrived: some accept a message before they look at it.');
    return;
  }
  terminal.printError(`${target} has not accepted the test: ${problemOfSend(result)}${answer}`);
  if (result.outcome !== 'stopped') terminal.printError(fixOf(result));
}

function fixOf(result: SendResult): string {
  if (result.outcome !== 'refused')
    return 'Check ALERT_URL, and whether this machine reaches its host, perhaps with HTTPS_PROXY.';
  return result.status >= 300 && result.status < 400
    ? 'Redirects are not followed: set ALERT_URL to the address itself.'
    : 'Check ALERT_URL, ALERT_FORMAT and ALERT_AUTHORIZATION.';
}
