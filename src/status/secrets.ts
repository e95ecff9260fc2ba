/**
 * What `GET /status` says about secrets: registrations whose salt is not that of the settings, callbacks refused for
 * their digest, and the last use of each secret. No secret and no fingerprint of one is shown.
 */
import { Type } from 'typebox';
import type { Database } from '../db/client.ts';
import type { TypeSaltState } from '../registrations/salt-state.ts';
import type { SecretSources } from '../registrations/secret-usage.ts';
import type { RefusedDigests } from '../secrets/digest-refusals.ts';
import type { SecretUse } from '../secrets/secret-use-rows.ts';
import { NullableText, NullableTime, Time } from './response-types.ts';

export interface SecretFigures {
  readonly states: readonly TypeSaltState[];
  readonly refused: RefusedDigests;
  readonly uses: readonly SecretUse[];
}

/** Queries all of them. */
export async function querySecretFigures(db: Database, sources: SecretSources): Promise<SecretFigures> {
  const [states, refused, uses] = await Promise.all([
    sources.saltStates(db),
    sources.refusedDigests(db),
    sources.secretUses(db),
  ]);
  return { states, refused, uses };
}

/** The members that they add to the response of `GET /status`. */
export const secretMembers = {
  registrations: Type.Array(
    Type.Object({
      type: Type.String(),
      registeredAt: Time,
      salt: Type.Enum(['current', 'older', 'changed'], {
        description:
          'older: registered with a previous secret, which is still accepted; changed: callbacks of the type are refused',
      }),
      problem: NullableText,
    }),
    { description: 'What register has registered, compared with the settings; empty when it was not run' },
  ),
  digestRefusals: Type.Object(
    { lastHour: Type.Integer(), byType: Type.Record(Type.String(), Type.Integer()) },
    { description: 'Callbacks refused for their digest (406) in the last hour, by all processes' },
  ),
  secrets: Type.Array(
    Type.Object({
      name: Type.String({ description: 'The setting' }),
      lastUsedAt: NullableTime,
      previous: Type.Unsafe<unknown>({
        type: ['object', 'null'],
        required: ['name', 'lastUsedAt', 'unusedSince'],
        properties: {
          name: { type: 'string' },
          lastUsedAt: { type: ['string', 'null'], format: 'date-time' },
          unusedSince: { type: ['string', 'null'], format: 'date-time' },
        },
      }),
    }),
    { description: 'The last use of each secret; both webhook secrets are used by every delivery' },
  ),
};

/** Renders the members. Pure. */
export function renderSecretFigures({ states, refused, uses }: SecretFigures) {
  return {
    registrations: states.map(({ type, registeredAt, state }) => ({
      type,
      registeredAt: new Date(registeredAt * 1000),
      salt: state.outcome,
      problem: state.outcome === 'current' ? null : `${type} ${state.problem}`,
    })),
    digestRefusals: refused,
    secrets: uses,
  };
}
