/**
 * Compares the registrations at Resurs with the settings. Only URLs can be compared: Resurs gives back neither salt nor
 * algorithm nor credentials, so only a callback proves a registration that looks right.
 */
import type { Config } from '../config/settings.ts';
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import { placeholdersFor, type Registration } from '../protocol/ecom/registration.ts';
import { isSameTemplate, normalizeTemplate, registrationTime } from '../protocol/ecom/url-template.ts';
import { type DesiredRegistration, desiredRegistration, type RegistrationTimes } from './desired.ts';
import type { Registered } from './registered.ts';
import { classifyTakeOver } from './taken-over.ts';

/**
 * The registration of a type compared with the settings. `problem` completes "TYPE …"; `fix` is an instruction, where
 * there is another one than to register.
 */
export type Drift =
  | { readonly outcome: 'as_configured' }
  /** A plugin's URL on another callback path of this service, `path`, which answers its callbacks. */
  | { readonly outcome: 'taken_over'; readonly path: string }
  | { readonly outcome: 'missing' }
  | { readonly outcome: 'unreadable' }
  | { readonly outcome: 'different'; readonly problem: string; readonly fix?: string };

/**
 * Compares a registration with the one that the settings would give at its own time of registration. `nowMs` is unix
 * time. Throws without PUBLIC_URL.
 */
export function compareRegistration(
  type: CallbackType,
  registered: Registered,
  { config, nowMs }: { readonly config: Config; readonly nowMs: number },
): Drift {
  if (registered.outcome === 'nothing') return { outcome: 'missing' };
  if (registered.outcome === 'unknown') return { outcome: 'unreadable' };

  const now = Math.floor(nowMs / 1000);
  const registeredAt = registrationTime(registered.uriTemplate) ?? now;
  const desired = desiredOf(type, registered.uriTemplate, { config, times: { registeredAt, now } });
  if (desired.outcome === 'possible' && isSameTemplate(registered.uriTemplate, desired.registration.uriTemplate)) {
    return { outcome: 'as_configured' };
  }
  const takeOver = classifyTakeOver(type, registered.uriTemplate, { config, nowMs });
  if (takeOver.outcome === 'taken_over') return takeOver;
  if (takeOver.outcome === 'refused') return { ...takeOver, outcome: 'different' };
  if (desired.outcome === 'impossible') return { outcome: 'different', problem: desired.problem };
  if (takeOver.outcome === 'elsewhere') return ELSEWHERE;
  return { outcome: 'different', problem: differenceOf(type, registered.uriTemplate, desired.registration) };
}

/** Formats the result in a few words. */
export function describeDrift(drift: Drift): string {
  switch (drift.outcome) {
    case 'as_configured':
      return 'as configured';
    case 'taken_over':
      return `a plugin's URL, taken over by CALLBACK_PATHS (${drift.path})`;
    case 'missing':
      return 'not registered: its callbacks are not sent';
    case 'unreadable':
      return 'cannot be read';
    case 'different':
      return drift.problem;
  }
}

/** A TEST may be registered over either interface, with a digest or without one. */
function desiredOf(
  type: CallbackType,
  uriTemplate: string,
  { config, times }: { readonly config: Config; readonly times: RegistrationTimes },
): DesiredRegistration {
  const overSoap = desiredRegistration(type, config, times, 'SOAP');
  const isSigned = normalizeTemplate(uriTemplate).includes('{digest}');
  return type === 'TEST' && !isSigned ? desiredRegistration(type, config, times, 'REST') : overSoap;
}

const ELSEWHERE: Drift = {
  outcome: 'different',
  problem: 'leads to another address',
  fix: 'Is it the URL of a shop plugin? Then first read docs/resurs.md, Moving from a shop plugin.',
};

/** Compares a URL that leads to the callback path of this service, in whatever form. */
function differenceOf(type: CallbackType, uriTemplate: string, { digest }: Registration): string {
  const registered = normalizeTemplate(uriTemplate);
  if (digest === null && registered.includes('{digest}')) return 'carries a digest for which the settings have no salt';
  if (digest !== null && !registered.includes('{digest}'))
    return 'carries no digest, and the service refuses its callbacks (406)';
  const missing = placeholdersFor(type).filter((name) => !registered.includes(`{${name.toLowerCase()}}`));
  if (missing.length > 0) return `lacks ${missing.map((name) => `{${name}}`).join(', ')}`;
  return 'has other parameters than configured';
}
