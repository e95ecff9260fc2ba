/** Parses the options that simulations of both interfaces of Resurs have. */
import { integer, oneOf } from '../../config/types/basic.ts';
import { MAX_TRIES } from '../../protocol/ecom/retry-schedule.ts';
import { EXPECTED, type ExpectedResponse } from '../../simulator/expected.ts';
import type { LossOptions } from '../../simulator/lost.ts';
import type { Pace } from '../../simulator/run-sequences.ts';
import { UsageError } from '../command.ts';
import { parseOption, type SimulateArguments } from './arguments.ts';
import { notOursResponse, type ReadSetting } from './environment.ts';

/** Parses the number of payments. */
export function parsePayments(text: string): number {
  return parseOption('--payments', integer({ min: 0, max: 100_000 }), text);
}

/** Parses how fast, how often and how many at once. */
export function parsePace(values: SimulateArguments): Pick<Pace, 'speed' | 'attempts' | 'concurrency'> {
  return {
    speed: parseOption('--speed', integer({ min: 1, max: 1_000_000_000 }), values.speed),
    attempts: parseOption('--attempts', integer({ min: 1, max: MAX_TRIES }), values.attempts),
    concurrency: parseOption('--concurrency', integer({ min: 1, max: 1_000 }), values.concurrency),
  };
}

/**
 * Parses the share of callbacks that never come; null when none is lost. With the same `seed` the same ones are lost
 * again.
 */
export function parseLoss(share: string | undefined, seed: string): LossOptions | null {
  if (share === undefined) return null;
  if (!/^(?:0|1|[01]?\.\d{1,9})$/.test(share) || Number(share) > 1) {
    throw new UsageError('--lose is no share: give a number from 0 to 1, such as 0.2');
  }
  return Number(share) === 0 ? null : { share: Number(share), seed };
}

/** Parses the response that an order which is not ours should get. */
export function expectedNotOurs(status: string | undefined, settings: ReadSetting): ExpectedResponse {
  if (status === undefined) return notOursResponse(settings);

  const expectedByStatus = { 202: EXPECTED.notOursButAccepted, 204: EXPECTED.stored, 410: EXPECTED.notOurs };
  return expectedByStatus[parseOption('--foreign-answer', oneOf(['202', '204', '410']), status)];
}

/** Parses the target. Credentials belong in the environment: a URL ends up in process lists and shell histories. */
export function parseTarget(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new UsageError('the target is no http or https URL');
  if (url.username !== '' || url.password !== '') {
    throw new UsageError('the target contains credentials: set BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD instead');
  }
  if (text.includes('#')) throw new UsageError('the target has a fragment, which is never sent');
  return url.href;
}
