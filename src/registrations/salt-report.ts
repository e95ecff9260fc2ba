/**
 * Warns once, when the service has started, about types whose registered salt or credentials are not those of the
 * settings: their callbacks are refused, and nothing else would tell before the first order.
 */
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { TypeSaltState } from './salt-state.ts';

/** Logs one line for each kind of difference. Never rejects. */
export async function logSaltStates(
  logger: Logger,
  findStates: () => Promise<readonly TypeSaltState[]>,
): Promise<void> {
  try {
    const states = await findStates();
    for (const [outcome, event] of EVENTS) {
      const concerned = states.filter(({ state }) => state.outcome === outcome);
      if (concerned.length === 0) continue;
      const types = concerned.map(({ type }) => type);
      const fix = `run register ${types.join(' ')}, or put the registered secret back into the settings`;
      logger.warn({ event, types, reason: concerned.map(describe).join('; '), fix });
    }
  } catch (error) {
    logger.warn({ event: 'housekeeping.failed', reason: errorSummary(error) });
  }
}

const EVENTS = [
  ['changed', 'registrations.salt_changed'],
  ['older', 'registrations.salt_older'],
] as const;

function describe({ type, state }: TypeSaltState): string {
  return state.outcome === 'current' ? type : `${type} ${state.problem}`;
}
