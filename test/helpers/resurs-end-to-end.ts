/** The whole way for a test: the stand-in, the commands and a real service with the same settings, on its own database. */
import type { TestContext } from 'node:test';
import { bookedBody, plannedCallback, updateBody } from '../../src/simulator/callbacks.ts';
import type { CallbackSequence } from '../../src/simulator/scenario.ts';
import { type ResursOptions, type ResursWorld, setUpResurs } from './resurs.ts';
import { startWorld, type World } from './service.ts';

export interface ResursPath extends ResursWorld {
  readonly world: World;
}

/** `settings` are those of service and commands alike; none of them proves anything by itself. */
export async function setUpPath(
  t: TestContext,
  settings: Readonly<Record<string, string>>,
  options: ResursOptions = {},
): Promise<ResursPath> {
  const world = await startWorld(t, { env: { DIGEST_SALT: '', ...settings } });
  const env = { DIGEST_KEY: '', PUBLIC_URL: world.url, DATABASE_URL: world.databaseUrl, ...settings, ...options.env };
  return { world, ...(await setUpResurs(t, { ...options, env })) };
}

/** One callback of each of the seven types, side by side. */
export function oneOfEach(paymentId: string): readonly CallbackSequence[] {
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
