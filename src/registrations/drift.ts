/**
 * Judges what Resurs holds against what our settings want. Only URLs can be compared: Resurs gives back neither salt nor
 * algorithm nor credentials, so a registration that looks right is proven by a callback alone.
 */
import type { Config } from '../config/settings.ts';
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import { placeholdersFor, type Registration } from '../protocol/ecom/registration.ts';
import { isSameTemplate, normalizeTemplate, registrationTime } from '../protocol/ecom/url-template.ts';
import { desiredRegistration } from './desired.ts';
import type { Registered } from './registered.ts';

/** What is held against the settings. `problem` completes "TYPE …". */
export type Drift =
  | { readonly outcome: 'as_configured' }
  | { readonly outcome: 'missing' }
  | { readonly outcome: 'unreadable' }
  | { readonly outcome: 'different'; readonly problem: string };

/** Compares what is held with what would be registered at its own time. `nowMs` is unix time. Throws without PUBLIC_URL. */
export function compareRegistration(
  type: CallbackType,
  held: Registered,
  { config, nowMs }: { readonly config: Config; readonly nowMs: number },
): Drift {
  if (held.outcome === 'nothing') return { outcome: 'missing' };
  if (held.outcome === 'unknown') return { outcome: 'unreadable' };

  const now = Math.floor(nowMs / 1000);
  const registeredAt = registrationTime(held.uriTemplate) ?? now;
  const desired = desiredRegistration(type, config, { registeredAt, now });
  if (desired.outcome === 'impossible') return { outcome: 'different', problem: desired.problem };
  if (isSameTemplate(held.uriTemplate, desired.registration.uriTemplate)) return { outcome: 'as_configured' };
  return { outcome: 'different', problem: differenceOf(type, held.uriTemplate, desired.registration) };
}

/** A few words for people. */
export function describeDrift(drift: Drift): string {
  switch (drift.outcome) {
    case 'as_configured':
      return 'as the settings want';
    case 'missing':
      return 'not registered: its callbacks are not sent';
    case 'unreadable':
      return 'cannot be read';
    case 'different':
      return drift.problem;
  }
}

function differenceOf(type: CallbackType, held: string, { uriTemplate, digest }: Registration): string {
  const [heldBase, heldQuery = ''] = normalizeTemplate(held).split('?');
  const [wantedBase] = normalizeTemplate(uriTemplate).split('?');
  if (heldBase !== wantedBase) return 'leads to another address';
  if (digest !== null && !heldQuery.includes('{digest}'))
    return 'carries no digest, and the service refuses its callbacks (406)';
  const missing = placeholdersFor(type).filter((name) => !heldQuery.includes(`{${name.toLowerCase()}}`));
  if (missing.length > 0) return `lacks ${missing.map((name) => `{${name}}`).join(', ')}`;
  return 'has other parameters than ours';
}
