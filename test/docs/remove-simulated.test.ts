/**
 * The statement of docs/operations.md that removes simulated payments: it removes all that `simulate` has stored, and
 * nothing else. Real receiver, merchant and database; the statement is run as it is printed there.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { test } from 'node:test';
import { simulate } from '../../src/commands/simulate/simulate.ts';
import { waitUntil } from '../harness/wait.ts';
import { SALT } from '../helpers/callbacks.ts';
import { sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant, status } from '../helpers/merchant.ts';
import { runCommand } from '../helpers/run-command.ts';
import { startTestService } from '../helpers/service.ts';

const PAGE = path.join(import.meta.dirname, '..', '..', 'docs', 'operations.md');
const TABLES = ['events', 'identities', 'receipts', 'outbox', 'deliveries', 'dead_letters', 'attempts', 'rejections'];

/** The statement with these payments instead of those of the page. */
async function documentedStatement(payments: readonly string[]): Promise<string> {
  const page = await readFile(PAGE, 'utf8');
  const [, statement = assert.fail('no statement')] = /<<'SQL'\n(with removed as[\s\S]*?)SQL\n/.exec(page) ?? [];
  return statement.replaceAll(":'payments'", `'{${payments.join(',')}}'`);
}

test('the documented statement removes everything that simulate has stored, and nothing else', async (t) => {
  const merchant = await startMerchant(t);
  merchant.answerWith(({ body }, response) => {
    const { type } = JSON.parse(body);
    response.writeHead(type === 'payment.frozen' ? 422 : type === 'payment.updated' ? 500 : 204).end();
  });
  const env = {
    ...webhookEnv(merchant.url, { WEBHOOK_RETRY_SCHEDULE: '1h' }),
    ORDER_OWNERSHIP: 'pattern',
    ORDER_PATTERN: '(real|sim)-[0-9]+',
    FORWARD_TEST_CALLBACKS: 'true',
    DIGEST_SALT: SALT,
    MAPI_CALLBACK_PATHS: '/callbacks/mapi',
    MAPI_CALLBACK_TOKEN: 'a-token-of-the-merchant-api-5Tq8',
  };
  const receiver = await startTestService(t, { env });
  const counts = async () => {
    const found: Record<string, number> = {};
    for (const table of TABLES) {
      const [row] = await receiver.query<{ count: number }>(`select count(*)::int as count from ${table}`);
      found[table] = row?.count ?? 0;
    }
    return found;
  };
  await sendCallback(receiver, 'BOOKED', 'real-1', { method: 'POST', body: '{"a": [1]}' });
  await sendCallback(receiver, 'BOOKED', 'real-1', { method: 'POST', body: '{"a": [1]}' });
  await waitForStates(receiver, ['delivered'], 1);
  const before = await counts();

  const target = `${receiver.url}/callbacks/resurs`;
  const run = await runCommand(simulate, [target, '--first', 'sim-1', '--foreign-answer', '410'], env);
  assert.equal(run.exitCode, 0, run.out);
  const mapi = await runCommand(simulate, ['--mapi', `${receiver.url}/callbacks/mapi`, '--first', 'sim-1'], env);
  assert.equal(mapi.exitCode, 0, mapi.out);
  const ids = new Set(mapi.out.match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g));
  await waitUntil(async () => ((await counts()).deliveries ?? 0) >= 5);
  merchant.answerWith(status(204));
  const during = await counts();
  await receiver.query(await documentedStatement(['sim-1', 'sim-2', 'FOREIGN-ORDER-1', ...ids]));

  assert.ok(TABLES.filter((table) => (during[table] ?? 0) > (before[table] ?? 0)).length >= 6, JSON.stringify(during));
  assert.deepEqual(await counts(), before);
});
