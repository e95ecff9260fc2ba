/** The command `reconcile` asks the Merchant API with the account of the settings, and reports what was missed there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reconcile } from '../../src/commands/reconcile/reconcile.ts';
import { respondJson, samplePayment, startMerchantApi } from '../harness/merchant-api.ts';
import { DIGEST_KEY } from '../helpers/config.ts';
import { storeMapiEvent } from '../helpers/mapi-events.ts';
import { createTestOutbox } from '../helpers/outbox.ts';
import { runCommand } from '../helpers/run-command.ts';

const ID = '0a1b2c3d-0000-4000-8000-000000000001';
const HOUR_AGO = new Date(Date.now() - 3_600_000).toISOString();

/** Authorised and captured an hour ago. */
function captured(): object {
  const { order, ...rest } = samplePayment(ID) as { order: object };
  const actionLog = ['CREATE', 'CAPTURE'].map((type) => ({ type, actionId: `${type}-1`, created: HOUR_AGO }));
  return { ...rest, created: HOUR_AGO, order: { ...order, actionLog, capturedAmount: 300, authorizedAmount: 0 } };
}

test('a capture that the Merchant API never told is found with its account, and its trouble is said', async (t) => {
  const { url, query } = await createTestOutbox(t);
  const mapi = await startMerchantApi();
  t.after(() => mapi.close());
  mapi.hold(ID, captured());
  await storeMapiEvent({ databaseUrl: url }, { paymentId: ID, status: 'AUTHORIZED', created: HOUR_AGO });
  await query('update events set received_at = $1', [HOUR_AGO]);
  const env = {
    DIGEST_KEY,
    DATABASE_URL: url,
    MAPI_CLIENT_ID: mapi.clientId,
    MAPI_CLIENT_SECRET: mapi.clientSecret,
    MAPI_URL: mapi.url,
    RECONCILE_GRACE_MINUTES: '0',
  };

  mapi.override('/v2/payments/', (_request, response) => respondJson(response, 500, {}));
  const dry = await runCommand(reconcile, ['--dry-run'], env);
  mapi.override('/v2/payments/', null);
  const found = await runCommand(reconcile, [], env);
  const again = await runCommand(reconcile, [], env);

  assert.equal(dry.exitCode, 1);
  assert.match(dry.errors, /Not complete: 1 payment could not be checked/);
  assert.equal(found.exitCode, 0, found.errors);
  assert.match(found.out, /^resurs-mapi +1 +0 +1 /m);
  assert.match(found.out, new RegExp(`^${ID} +captured +evt_`, 'm'));
  assert.match(again.out, /Nothing was missed\.$/);
  const [event] = await query('select provider, order_reference, missed from events order by sequence desc limit 1');
  assert.deepEqual(event, {
    provider: 'resurs-mapi',
    order_reference: 'order-0a1b2c3d',
    missed: { facts: ['captured'], actions: ['capture-1'] },
  });
});
