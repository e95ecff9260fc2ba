/**
 * The rescue never delays deliveries: while a step of it fails every time, deliveries continue; the failure is logged
 * once and counted, and its end is logged. Real service and Postgres; the step fails because its SQL function is
 * missing.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { RESCUE_STEPS, type RescueStep } from '../../src/deliveries/rescue.ts';
import { waitUntil } from '../harness/wait.ts';
import { sendCallback, waitForLine, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { parseScrape } from '../helpers/prometheus.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

/** A service whose deliveries each need a second attempt, and so a claim. */
async function setup(t: TestContext) {
  const merchant = await startMerchant(t);
  merchant.answerWith(({ attempt }, response) => response.writeHead(attempt === 1 ? 500 : 204).end());
  const env = webhookEnv(merchant.url, { WEBHOOK_RETRY_SCHEDULE: '1ms' });
  const receiver = await startTestService(t);
  await receiver.service.stop();
  return { receiver, start: () => startTestService(t, { env, databaseUrl: receiver.databaseUrl }) };
}

async function failures(receiver: TestService): Promise<Record<string, number | undefined>> {
  const { samples } = parseScrape((await requestStatusApi(receiver, 'GET', '/metrics')).body);
  return Object.fromEntries(
    RESCUE_STEPS.map((step) => [step, samples.get(`resurs_rescue_failures_total{step="${step}"}`)]),
  );
}

function lines(receiver: TestService, event: string): unknown[] {
  return receiver.log.filter((line) => line.event === event).map(({ level, step, reason }) => [level, step, reason]);
}

const STEP: RescueStep = 'blocked_deliveries';

test('while unblocking fails every time, deliveries continue; it is logged once, counted each time, and its end is logged', async (t) => {
  const { receiver, start } = await setup(t);
  await receiver.query('alter function unblock_stranded_v1 rename to away');
  const running = await start();

  await waitForLine(running, 'rescue.failed');
  await sendCallback(running, 'UNFREEZE', 'p1');
  await sendCallback(running, 'FINALIZATION', 'p1');
  await waitForStates(running, ['delivered'], 2);
  assert.ok(await waitUntil(async () => Number((await failures(running))[STEP]) >= 2));
  const counted = await failures(running);
  const logged = lines(running, 'rescue.failed');
  await receiver.query('alter function away rename to unblock_stranded_v1');
  const recovered = await waitForLine(running, 'rescue.recovered');

  assert.deepEqual(logged, [
    ['error', STEP, '42883 function unblock_stranded_v1(unknown, unknown, unknown) does not exist'],
  ]);
  assert.deepEqual(
    { ...counted, [STEP]: null },
    { expired_claims: 0, blocked_deliveries: null, overlooked_deliveries: 0 },
  );
  assert.deepEqual([recovered.level, recovered.step], ['info', STEP]);
});
