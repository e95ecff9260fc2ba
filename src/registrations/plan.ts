/**
 * Plans what `register` will do: for each type the present registration at Resurs and the new one. The plan mentions
 * salts and passwords but never shows them.
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
  /** The present registration. */
  readonly registered: Registered;
  readonly registration: Registration;
  /** What is registered over REST instead, where SOAP fails; null when it is the same. */
  readonly overRest: Registration | null;
  readonly salt: SaltKind;
}

/** All registrations to make, or the reasons why none can start. */
export type Plan =
  | { readonly outcome: 'planned'; readonly registrations: readonly PlannedRegistration[] }
  | { readonly outcome: 'impossible'; readonly problems: readonly string[] };

/** Plans the types in their order. `registered`: the present registrations by type. `nowMs` is unix time. */
export function planRegistrations(
  types: readonly CallbackType[],
  registered: ReadonlyMap<string, Registered>,
  { config, nowMs }: { readonly config: Config; readonly nowMs: number },
): Plan {
  const now = Math.floor(nowMs / 1000);
  const planned = types.map((type) => {
    const current = registered.get(type) ?? { outcome: 'nothing' };
    const last = current.outcome === 'registered' ? current.uriTemplate : null;
    const times = { registeredAt: nextRegistrationTime(last, now), now };
    const desired: DesiredRegistration = desiredRegistration(type, config, times, 'SOAP');
    const overRest: DesiredRegistration = desiredRegistration(type, config, times, 'REST');
    return { type, registered: current, desired, overRest };
  });

  const problems = planned.flatMap(({ type, desired }) => {
    return desired.outcome === 'impossible' ? [`${type} ${desired.problem}. Fix: ${desired.fix}.`] : [];
  });
  if (problems.length > 0) return { outcome: 'impossible', problems };
  return {
    outcome: 'planned',
    registrations: planned.flatMap(({ type, registered: current, desired, overRest }) => {
      if (desired.outcome === 'impossible' || overRest.outcome === 'impossible') return [];
      const isSame = overRest.salt === desired.salt;
      return [
        {
          type,
          registered: current,
          registration: desired.registration,
          overRest: isSame ? null : overRest.registration,
          salt: desired.salt,
        },
      ];
    }),
  };
}

/** Formats the plan for people. */
export function planLines(registrations: readonly PlannedRegistration[]): string[] {
  return registrations.flatMap(({ type, registered, registration, overRest, salt }) => [
    type,
    `  now   ${describeRegistered(registered)}`,
    `  then  ${redactTemplate(registration.uriTemplate)}`,
    `        ${digestText(registration, salt)}; ${basicText(registration)}`,
    ...(overRest === null ? [] : ['        over SOAP; where only REST works, the same without a digest']),
  ]);
}

/** Formats a registration at Resurs in a few words. */
export function describeRegistered(registered: Registered): string {
  switch (registered.outcome) {
    case 'registered':
      return redactTemplate(registered.uriTemplate);
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
