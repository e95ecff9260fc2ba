/**
 * The whole path for a test: a fake Resurs, the commands, and a real service with the same settings, on its own
 * database.
 */
import type { TestContext } from 'node:test';
import { bookedBody, plannedCallback, updateBody } from '../../src/simulator/callbacks.ts';
import type { CallbackSequence } from '../../src/simulator/scenario.ts';
import { type ResursFixture, type ResursOptions, setUpResurs } from './resurs.ts';
import { startTestService, type TestService } from './service.ts';

export interface ResursEndToEnd extends ResursFixture {
  readonly service: TestService;
}

/** Starts service and commands with the same `settings`; without any, no callback is authenticated. */
export async function setUpResursEndToEnd(
  t: TestContext,
  settings: Readonly<Record<string, string>>,
  options: ResursOptions = {},
): Promise<ResursEndToEnd> {
  const service = await startTestService(t, { env: { DIGEST_SALT: '', ...settings } });
  const env = {
    DIGEST_KEY: '',
    PUBLIC_URL: service.url,
    DATABASE_URL: service.databaseUrl,
    ...settings,
    ...options.env,
  };
  return { service, ...(await setUpResurs(t, { ...options, env })) };
}

/** One callback of each of the seven types, side by side. */
export function oneOfEachType(paymentId: string): readonly CallbackSequence[] {
  return [
    plannedCallback('BOOKED', paymentId, { body: bookedBody(0) }),
    plannedCallback('UPDATE', paymentId, { body: updateBody('DEBIT', paymentId, 1_700_000_000_000) }),
    plannedCallback('UNFREEZE', paymentId, {}),
    plannedCallback('ANNULMENT', paymentId, {}),
    plannedCallback('FINALIZATION', paymentId, {}),
    plannedCallback('AUTOMATIC_FRAUD_CONTROL', paymentId, { result: 'FROZEN' }),
    plannedCallback('TEST', null, { values: ['1', '2', '3', '4', '5'], expected: { status: 204, reason: 'Test OK' } }),
  ].map((callback) => [callback]);
}
