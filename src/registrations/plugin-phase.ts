/**
 * The time between the two steps of a move from a shop plugin: its URLs are answered here, and `register` has not replaced them yet.
 * Nothing of that is drift, so that a daily job stays quiet until something else changes.
 */
import { CALLBACK_TYPES, type CallbackType } from '../protocol/ecom/callback-types.ts';
import { registrationTime } from '../protocol/ecom/url-template.ts';
import type { Drift } from './drift.ts';
import type { Registered } from './registered.ts';

/** Without these a shop gets no news of its orders. Source: docs/resurs.md, Which types. */
export const INDISPENSABLE: readonly CallbackType[] = ['BOOKED', 'UPDATE', 'UNFREEZE'];

/** One type and its registration compared with the settings. */
export interface ComparedType {
  readonly type: CallbackType;
  readonly drift: Drift;
}

/** A registration that `register` has made: its type and `t`. */
export interface OwnRegistration {
  readonly type: string;
  readonly registeredAt: number;
}

/**
 * Returns the drift of a type, given what `register` has made. A plugin's URL after that is no phase of a move: the
 * plugin has registered again, perhaps with a new salt.
 */
export function afterRegister(
  drift: Drift,
  { type, registered }: { readonly type: string; readonly registered: Registered },
  own: readonly OwnRegistration[],
): Drift {
  if (drift.outcome !== 'taken_over' || registered.outcome !== 'registered') return drift;
  const times = own.filter((each) => each.type === type).map(({ registeredAt }) => registeredAt);
  if (times.length === 0 || times.some((time) => time === registrationTime(registered.uriTemplate))) return drift;
  return {
    outcome: 'different',
    problem: `is a plugin's URL again (${drift.path}), registered after register; its salt may be a new one`,
    fix: "Switch off the plugin's own registering, or it will do so again.",
  };
}

/** What a plugin has registered and left out. `added` comes with `register`; both are empty when nothing is taken over. */
export interface PluginPhase {
  readonly takenOver: readonly CallbackType[];
  readonly added: readonly CallbackType[];
}

/** Finds the types that are taken over, and those that are not registered because plugins register fewer types. */
export function findPluginPhase(compared: readonly ComparedType[]): PluginPhase {
  const typesIn = (outcome: Drift['outcome']) =>
    CALLBACK_TYPES.filter((type) => compared.some((each) => each.type === type && each.drift.outcome === outcome));
  const takenOver = typesIn('taken_over');
  const added = takenOver.length === 0 ? [] : typesIn('missing').filter((type) => !INDISPENSABLE.includes(type));
  return { takenOver, added };
}

/** Formats what is so and what ends the phase, in sentences; none when nothing is taken over. */
export function describePluginPhase(
  { takenOver, added }: PluginPhase,
  { BASIC_AUTH_USERNAME }: { readonly BASIC_AUTH_USERNAME: string | null },
): readonly string[] {
  if (takenOver.length === 0) return [];
  const count = takenOver.length === 1 ? '1 type is' : `${takenOver.length} types are`;
  return [
    `${count} taken over from a plugin: ${takenOver.join(', ')}. Where they are routed here, the plugin gets none of their callbacks.`,
    ...(added.length === 0 ? [] : [`The plugin has not registered ${added.join(', ')}; register adds them.`]),
    ...(BASIC_AUTH_USERNAME === null
      ? []
      : ['BASIC_AUTH_USERNAME is set: callbacks are refused (401) unless the plugin registered these credentials.']),
  ];
}

/** An instruction: how the phase ends. */
export const END_OF_PLUGIN_PHASE = 'Run receiver register when your webhook moves the order states.';
