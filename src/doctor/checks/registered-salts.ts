/**
 * The part of `registrations` that URLs cannot show: whether the registered salts and credentials are those of the
 * settings. It goes by what `register` has stored in the database.
 */
import { errorSummary } from '../../lib/errors.ts';
import type { CallbackType } from '../../protocol/ecom/callback-types.ts';
import { createDigestPolicy, isDigestRequired } from '../../protocol/ecom/salts.ts';
import type { Drift } from '../../registrations/drift.ts';
import type { Registered } from '../../registrations/registered.ts';
import { findSaltStates, knownSaltState, type SaltState, type TypeSaltState } from '../../registrations/salt-state.ts';
import { type Finding, fail, pass, skip, warn } from '../check.ts';
import type { CheckContext } from '../context.ts';

/** A type whose URL was compared. */
export interface TypeDrift {
  readonly type: CallbackType;
  readonly registered: Registered;
  readonly drift: Drift;
}

/** Compares the salts of types whose URLs are as configured. */
export async function checkRegisteredSalts(drifts: readonly TypeDrift[], context: CheckContext): Promise<Finding> {
  const { config, database, clock } = context;
  const isSecured = isDigestRequired(createDigestPolicy(config)) || config.BASIC_AUTH_USERNAME !== null;
  if (!isSecured) return pass(AS_CONFIGURED);
  if (database === null) return skip('the URLs are as configured, but no database has the salts', 'database');

  let states: readonly TypeSaltState[];
  try {
    states = await findSaltStates(database.db, { config, nowMs: clock.now() });
  } catch (error) {
    return skip(`the URLs are as configured, but the salts cannot be read (${errorSummary(error)})`, 'database');
  }
  return interpretStates(drifts.map(({ type, registered }) => [type, knownSaltState(type, registered, states)]));
}

const AS_CONFIGURED = 'all seven types are registered as configured';

function interpretStates(states: readonly (readonly [CallbackType, SaltState | null])[]): Finding {
  const inState = (outcome: SaltState['outcome']) => states.filter(([, state]) => state?.outcome === outcome);
  const changed = inState('changed');
  if (changed.length > 0) return fail(problemsOf(changed), registerFix(changed));
  const older = inState('older');
  if (older.length > 0) return warn(problemsOf(older), registerFix(older));

  const unknown = states.filter(([, state]) => state === null);
  if (unknown.length === 0) return pass(`${AS_CONFIGURED}, with the present salts`);
  return warn(
    `All URLs are as configured, but the salts of ${namesOf(unknown)} are unknown: register has not stored them here.`,
    `Register again with this database, or wait for a real callback of each: ${commandFor(unknown)}`,
  );
}

type States = readonly (readonly [CallbackType, SaltState | null])[];

function problemsOf(states: States): string {
  const byProblem = Map.groupBy(states, ([, state]) =>
    state === null || state.outcome === 'current' ? '' : state.problem,
  );
  const plural = (problem: string, count: number) => (count === 1 ? problem : problem.replace(/^is /, 'are '));
  return `${[...byProblem].map(([problem, of]) => `${namesOf(of)} ${plural(problem, of.length)}`).join('; ')}.`;
}

function registerFix(states: States): string {
  return `Run ${commandFor(states)}, or put the registered secret back into the settings.`;
}

function commandFor(states: States): string {
  return `receiver register ${states.map(([type]) => type).join(' ')}`;
}

function namesOf(states: States): string {
  return states.map(([type]) => type).join(', ');
}
