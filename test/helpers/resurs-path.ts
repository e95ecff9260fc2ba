/** The whole way for a test: the stand-in, the commands and a real service with the same settings, on its own database. */
import type { TestContext } from 'node:test';
import { bookedBody, updateBody } from '../../src/stand-in/bodies.ts';
import { planned, type Track } from '../../src/stand-in/story.ts';
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
export function oneOfEach(paymentId: string): readonly Track[] {
  return [
    planned('BOOKED', paymentId, { body: bookedBody(0) }),
    planned('UPDATE', paymentId, { body: updateBody('DEBIT', paymentId, 1_700_000_000_000) }),
    planned('UNFREEZE', paymentId, {}),
    planned('ANNULMENT', paymentId, {}),
    planned('FINALIZATION', paymentId, {}),
    planned('AUTOMATIC_FRAUD_CONTROL', paymentId, { result: 'FROZEN' }),
    planned('TEST', null, { values: ['1', '2', '3', '4', '5'], expected: { status: 204, reason: 'Test OK' } }),
  ].map((callback) => [callback]);
}
