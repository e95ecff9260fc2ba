/**
 * docs/merchant-api.md works: every command runs unchanged against a real service and the Merchant API of the tests; the
 * examples in three languages make the create-payment call that the page shows, with the URLs that `mapi-urls` prints; and
 * the table of events is the one of the code. A language that is not installed is skipped.
 */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { mapiUrls } from '../../src/commands/mapi-urls.ts';
import { MAPI_KINDS } from '../../src/protocol/mapi/body.ts';
import { mapiEventType } from '../../src/protocol/mapi/event-types.ts';
import { respondJson, startMerchantApi } from '../harness/merchant-api.ts';
import { storedEvents } from '../helpers/database-state.ts';
import { runCommand } from '../helpers/run-command.ts';
import { startTestService } from '../helpers/service.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const PAGE = await readFile(path.join(ROOT, 'docs', 'merchant-api.md'), 'utf8');
const RECEIVER = 'https://pay.shop.example/callbacks/mapi';
/** Has characters with a meaning in URLs. */
const TOKEN = 'a+token/of=the&tests?9Qw4%Zr8#';
const DIGEST_KEY = 'a-master-key-of-the-tests-8Zk3-Wq5-Tn7';

/** The blocks of one language, in order, without their indentation. */
function blocksOf(language: string): string[] {
  const blocks = PAGE.matchAll(new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, 'gm'));
  return [...blocks].map(([, indent = '', block = '']) => block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''));
}

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'receiver-merchant-api-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('every command of the page runs unchanged', async (t) => {
  const api = await startMerchantApi();
  t.after(() => api.close());
  const settings = { MAPI_CALLBACK_PATHS: '/callbacks/mapi', MAPI_CALLBACK_TOKEN: TOKEN, DIGEST_KEY };
  const service = await startTestService(t, { env: settings });
  const script = blocksOf('sh')
    .join('\n')
    // The token of the page is made and not used: the service runs with another one.
    .replace(/^export (MAPI_CALLBACK_TOKEN)=(.*)$/m, 'made=$2; [ "$(printf %s "$made" | wc -c)" = 48 ]')
    // What npx starts, without the seconds that npx itself takes each time.
    .replaceAll('npx receiver', 'node bin/receiver.cjs')
    .replaceAll('npx node', 'node')
    // A port of this machine has no public name.
    .replace(/^(node bin\/receiver\.cjs doctor .*)$/m, '$1 || [ $? = 1 ]');
  const env = {
    ...process.env,
    ...settings,
    PUBLIC_URL: service.url,
    DATABASE_URL: service.databaseUrl,
    MAPI_CLIENT_ID: api.clientId,
    MAPI_CLIENT_SECRET: api.clientSecret,
    MAPI_URL: api.url,
  };

  const { stdout } = await promisify(execFile)('bash', ['-c', `set -euo pipefail\n${script}`], { cwd: ROOT, env });

  const encoded = encodeURIComponent(TOKEN);
  assert.ok(
    stdout.includes(`management        ${service.url}/callbacks/mapi/management?order=100000016&token=${encoded}\n`),
  );
  assert.match(stdout, /^\{"authorization":\{"url":/m);
  assert.match(stdout, /^The test arrived \d+\.\d s after .*\nResurs reports OK \(204\): /m);
  for (const name of ['mapi-token', 'mapi-credentials', 'mapi-store', 'mapi-test-callback']) {
    assert.match(stdout, new RegExp(`^✓ ${name} `, 'm'));
  }
  assert.match(stdout, /^HTTP\/1\.1 204 OK\r$[\s\S]*^x-callback-actual: AUTHORIZATION\r$/m);
  const events = await storedEvents(service);
  assert.deepEqual(
    events.map(({ type }) => type).filter((type) => type !== 'callback.test'),
    ['payment.authorized'],
  );
});

/** The document of the page, with the URLs of these tests. */
async function expectedCall(): Promise<Record<string, unknown>> {
  const [json = ''] = blocksOf('json');
  const receiver = new URL(RECEIVER).origin;
  const token = encodeURIComponent(TOKEN);
  const call = JSON.parse(json.replaceAll('token=…', `token=${token}`));
  const env = {
    DIGEST_KEY,
    PUBLIC_URL: receiver,
    MAPI_CALLBACK_PATHS: new URL(RECEIVER).pathname,
    MAPI_CALLBACK_TOKEN: TOKEN,
  };
  const { out } = await runCommand(mapiUrls, ['100000016', '--json'], env);
  assert.deepEqual(call.options.callbacks, JSON.parse(out));
  return call;
}

interface Call {
  readonly api: string;
  readonly bearer: string;
  readonly order: object;
  readonly rest: object;
}

type Caller = (file: string, call: Call, env: Readonly<Record<string, string>>) => Promise<unknown>;

const callInTypescript: Caller = async (file, { api, bearer, order, rest }, env) => {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    const { createPayment } = await import(pathToFileURL(file).href);
    return await createPayment(api, bearer, order, rest);
  } finally {
    process.env = before;
  }
};

/** Runs a program of two lines that has the example beside it; the call is on standard input. */
function callByProgram(command: string, args: readonly string[], program: string): Caller {
  return async (file, call, env) => {
    const child = promisify(execFile)(command, [...args, program], {
      cwd: path.dirname(file),
      env: { ...process.env, ...env },
    });
    child.child.stdin?.end(JSON.stringify(call));
    return JSON.parse((await child).stdout);
  };
}

const PHP = `ini_set('serialize_precision', '-1'); $c = json_decode(file_get_contents('php://stdin'), true);
require 'example.php'; echo json_encode(createPayment($c['api'], $c['bearer'], $c['order'], $c['rest']));`;
const PYTHON = `import json, sys; from example import create_payment
print(json.dumps(create_payment(**json.load(sys.stdin))))`;

const LANGUAGES: readonly [name: string, command: string, language: string, file: string, caller: Caller][] = [
  ['TypeScript', process.execPath, 'ts', 'example.ts', callInTypescript],
  ['PHP', 'php', 'php', 'example.php', callByProgram('php', ['-r'], PHP)],
  ['Python', 'python3', 'python', 'example.py', callByProgram('python3', ['-B', '-c'], PYTHON)],
];

for (const [name, command, language, fileName, caller] of LANGUAGES) {
  const isInstalled = spawnSync(command, ['--version']).status === 0;
  const skip = isInstalled ? undefined : `${command} is not installed`;

  test(`the ${name} example makes the call that the page shows, and fails loudly without a token`, {
    skip,
  }, async (t) => {
    const [example = '', ...others] = blocksOf(language);
    assert.deepEqual(others, []);
    const file = path.join(await makeFolder(t), fileName);
    await writeFile(file, example);
    const api = await startMerchantApi();
    t.after(() => api.close());
    const payment = { id: '3f0b1c1e-6c0e-4b7a-9d5a-0c9d6f1f2a10', status: 'TASK_REDIRECTION_REQUIRED' };
    api.override('/v2/payments', (_, response) => respondJson(response, 201, payment));
    const expected = await expectedCall();
    const { order, options, ...members } = expected as { order: object; options: Record<string, object> };
    const { callbacks: _, ...restOptions } = options;
    const call = { api: api.url, bearer: 'a-bearer-of-tests', order, rest: { ...members, options: restOptions } };

    const created = await caller(file, call, { CALLBACKS_URL: RECEIVER, MAPI_CALLBACK_TOKEN: TOKEN });

    assert.deepEqual(created, payment);
    const [request, ...more] = api.requests;
    assert.deepEqual([more.length, request?.method, request?.path], [0, 'POST', '/v2/payments']);
    assert.equal(request?.headers.authorization, 'Bearer a-bearer-of-tests');
    assert.equal(request?.headers['content-type'], 'application/json');
    assert.deepEqual(JSON.parse(request?.body ?? ''), expected);
    await assert.rejects(caller(file, call, { CALLBACKS_URL: RECEIVER, MAPI_CALLBACK_TOKEN: '' }));
    assert.equal(api.requests.length, 1);
  });
}

/** The rows of the table of events: kind, words and event types. */
function eventRows(): readonly (readonly [kind: string, words: readonly string[], types: readonly string[]])[] {
  const [, table = ''] = PAGE.split('| callback | word | event | what to do |\n|---|---|---|---|\n');
  let kind = '';
  return table
    .slice(0, table.indexOf('\n\n'))
    .split('\n')
    .map((row) =>
      row
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
    .map(([given = '', words = '', types = '']) => {
      kind = given === '' ? kind : given;
      const names = [...types.matchAll(/`([\w.]+)`/g)].map(([, type = '']) => type);
      const [prefix] = names[0]?.split('.') ?? [];
      return [
        kind,
        words.split(', '),
        names.map((type) => (type.startsWith('.') ? `${prefix}${type}` : type)),
      ] as const;
    });
}

test('the table of events has the types of the code', () => {
  const rows = eventRows();

  for (const kind of MAPI_KINDS) {
    const ofKind = rows.filter(([name]) => name === kind);
    assert.ok(ofKind.length >= 2, kind);
    for (const [, words, types] of ofKind) {
      const expected = words.map((word) => mapiEventType(kind, word === 'another' ? 'SOMETHING_NEW' : word));
      assert.deepEqual(types, expected, kind);
    }
  }
});
