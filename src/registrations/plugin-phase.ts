/**
 * The time between the two steps of a move from a shop plugin: its URLs are answered here, and not yet registered anew.
 * Nothing of that is drift, so that a daily job stays quiet until something else changes.
 */
import { CALLBACK_TYPES, type CallbackType } from '../protocol/ecom/callback-types.ts';
import type { Drift } from './drift.ts';

/** Without these a shop gets no news of its orders. Source: docs/resurs.md, Which types. */
export const INDISPENSABLE: readonly CallbackType[] = ['BOOKED', 'UPDATE', 'UNFREEZE'];

/** One type and its registration compared with the settings. */
export interface ComparedType {
  readonly type: CallbackType;
  readonly drift: Drift;
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
    `${count} taken over from a plugin: ${takenOver.join(', ')}. The plugin gets no callbacks of them any more.`,
    ...(added.length === 0 ? [] : [`The plugin has not registered ${added.join(', ')}; register adds them.`]),
    ...(BASIC_AUTH_USERNAME === null
      ? []
      : ['BASIC_AUTH_USERNAME is set: callbacks are refused (401) unless the plugin registered these credentials.']),
  ];
}

/** An instruction: how the phase ends. */
export const END_OF_PLUGIN_PHASE = 'Run receiver register when your webhook moves the order states.';
