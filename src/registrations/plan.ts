/**
 * What `register` is going to do, before it does it: for each type what Resurs holds now and what it shall hold. Salts and
 * passwords are spoken of and never shown.
 */
import type { Config } from '../config/settings.ts';
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import type { Registration } from '../protocol/ecom/registration.ts';
import { nextRegistrationTime, redactTemplate } from '../protocol/ecom/url-template.ts';
import { type DesiredRegistration, desiredRegistration, type SaltKind } from './desired.ts';
import type { Registered } from './registered.ts';

/** One registration to make. */
export interface PlannedRegistration {
  readonly type: CallbackType;
  readonly held: Registered;
  readonly registration: Registration;
  readonly salt: SaltKind;
}

/** All of them, or the reasons why none is begun. */
export type Plan =
  | { readonly outcome: 'planned'; readonly registrations: readonly PlannedRegistration[] }
  | { readonly outcome: 'impossible'; readonly problems: readonly string[] };

/** Plans the types in their order. `nowMs` is unix time. */
export function planRegistrations(
  types: readonly CallbackType[],
  held: ReadonlyMap<string, Registered>,
  { config, nowMs }: { readonly config: Config; readonly nowMs: number },
): Plan {
  const now = Math.floor(nowMs / 1000);
  const wishes = types.map((type) => {
    const current = held.get(type) ?? { outcome: 'nothing' };
    const last = current.outcome === 'held' ? current.uriTemplate : null;
    const desired: DesiredRegistration = desiredRegistration(type, config, {
      registeredAt: nextRegistrationTime(last, now),
      now,
    });
    return { type, held: current, desired };
  });

  const problems = wishes.flatMap(({ type, desired }) => {
    return desired.outcome === 'impossible' ? [`${type} ${desired.problem}. Fix: ${desired.fix}.`] : [];
  });
  if (problems.length > 0) return { outcome: 'impossible', problems };
  return {
    outcome: 'planned',
    registrations: wishes.flatMap(({ type, held: current, desired }) => {
      return desired.outcome === 'possible'
        ? [{ type, held: current, registration: desired.registration, salt: desired.salt }]
        : [];
    }),
  };
}

/** The plan for people. */
export function planLines(registrations: readonly PlannedRegistration[]): string[] {
  return registrations.flatMap(({ type, held, registration, salt }) => [
    type,
    `  now   ${describeRegistered(held)}`,
    `  then  ${redactTemplate(registration.uriTemplate)}`,
    `        ${digestText(registration, salt)}; ${basicText(registration)}`,
  ]);
}

/** What Resurs holds, in a few words. */
export function describeRegistered(held: Registered): string {
  switch (held.outcome) {
    case 'held':
      return redactTemplate(held.uriTemplate);
    case 'nothing':
      return 'nothing';
    case 'unknown':
      return 'cannot be read';
  }
}

function digestText({ digest }: Registration, salt: SaltKind): string {
  if (digest === null) return 'no digest';
  const from = salt === 'derived' ? 'a salt derived from DIGEST_KEY' : 'its fixed salt';
  return `${digest.algorithm === 'sha1' ? 'SHA-1' : 'MD5'} over ${digest.parameters.join(' and ')} with ${from}`;
}

function basicText({ basic }: Registration): string {
  return basic === null ? 'no Basic credentials' : 'the Basic credentials of BASIC_AUTH_USERNAME';
}
