/**
 * Registers one type and proves it by reading back. What is held is registered over, so that there is no moment without a
 * registration; only when Resurs refuses that ("already exists") is it removed first and registered at once, again and again
 * for up to a minute, and the time in between is reported: callbacks of that time are never sent. A maintainer must not
 * let anything abort the work between removing and registering.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../lib/clock.ts';
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import type { Registration } from '../protocol/ecom/registration.ts';
import { isSameTemplate } from '../protocol/ecom/url-template.ts';
import type { ResursFailure, ResursResult } from '../resurs/failure.ts';
import { contradictedBy, fetchRegistered, type Registered, type ResursClients } from './registered.ts';

/** What making a registration needs beside the interfaces. */
export interface RegisterOptions {
  readonly channels: ResursClients;
  readonly clock: Clock;
  /** Resolves after so many milliseconds. */
  readonly sleep?: (ms: number) => Promise<void>;
}

/** How it ended. `gapMs`: how long nothing was registered; null when there was no such time. */
export type RegisterResult =
  | {
      readonly outcome: 'registered';
      readonly channel: 'REST' | 'SOAP';
      readonly gapMs: number | null;
      /** What went wrong on the way without doing harm. */
      readonly failures: readonly ResursFailure[];
    }
  | {
      readonly outcome: 'failed';
      readonly held: Registered;
      readonly gapMs: number | null;
      readonly failures: readonly ResursFailure[];
    };

const RETRY_LIMIT_MS = 60_000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5_000;
const CHANNELS = ['REST', 'SOAP'] as const;

/** One registration on its way. */
interface RegisterContext extends RegisterOptions {
  readonly type: CallbackType;
  readonly registration: Registration;
  readonly failures: ResursFailure[];
  readonly never: AbortSignal;
}

/** Registers `type`. Ends by itself within the time-outs of the interfaces and that minute; never throws for what Resurs does. */
export async function registerCallback(
  options: RegisterOptions,
  type: CallbackType,
  registration: Registration,
): Promise<RegisterResult> {
  const putting: RegisterContext = {
    ...options,
    type,
    registration,
    failures: [],
    never: new AbortController().signal,
  };
  for (const channel of CHANNELS) {
    const result = await register(putting, channel);
    if (result.outcome === 'failed' && result.failure.kind === 'already_exists') return replace(putting, channel);
    if (result.outcome === 'failed') putting.failures.push(result.failure);
    else if (await isInEffect(putting, channel)) return registered(putting, channel, null);
  }
  return failed(putting, null);
}

/** Removes and registers at once, over one interface and then the other in turn until it holds. */
async function replace(putting: RegisterContext, channel: 'REST' | 'SOAP'): Promise<RegisterResult> {
  const { clock, failures } = putting;
  // A call that seemed to fail may have done its work: then what is in the way is ours.
  if (await isHeld(putting)) return registered(putting, channel, null);
  // From before the removal, since an answer may take long after it was done: the operator has to look at this time at least.
  const goneAt = clock.elapsed();
  if (!(await unregister(putting, channel)) && (await isAnythingHeld(putting))) return failed(putting, null);

  const channels = channel === 'REST' ? CHANNELS : CHANNELS.toReversed();
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    const latest: ResursFailure[] = [];
    for (const each of channels) {
      let result = await register(putting, each);
      // Over REST, UPDATE has been seen to stay although its removal was answered 200.
      const isInTheWay = result.outcome === 'failed' && result.failure.kind === 'already_exists';
      if (isInTheWay && (await unregister(putting, each))) result = await register(putting, each);
      const gapMs = clock.elapsed() - goneAt;
      if (result.outcome === 'failed') latest.push(result.failure);
      else if (await isInEffect(putting, each)) return registered(putting, each, gapMs);
    }
    if (clock.elapsed() - goneAt + waitMs > RETRY_LIMIT_MS) {
      failures.push(...latest);
      return failed(putting, clock.elapsed() - goneAt);
    }
    await (putting.sleep ?? wait)(waitMs);
  }
}

/** True when nothing is in the way any more. */
async function unregister(putting: RegisterContext, first: 'REST' | 'SOAP'): Promise<boolean> {
  for (const channel of first === 'REST' ? CHANNELS : CHANNELS.toReversed()) {
    const result = await clientOf(putting, channel).unregister(putting.type, putting.never);
    if (result.outcome === 'done' || result.failure.kind === 'does_not_exist') return true;
    putting.failures.push(result.failure);
  }
  return false;
}

function register(putting: RegisterContext, channel: 'REST' | 'SOAP'): Promise<ResursResult<void>> {
  return clientOf(putting, channel).register(putting.type, putting.registration, putting.never);
}

/** REST has been seen to accept and keep the old one; what cannot be read back is not proven. */
async function isInEffect(
  { channels, type, registration, failures, never }: RegisterContext,
  channel: 'REST' | 'SOAP',
) {
  const held = await fetchRegistered(channels, type, never);
  if (held.outcome === 'held' && isSameTemplate(held.uriTemplate, registration.uriTemplate)) return true;

  failures.push(...contradictedBy(channel, { operation: `registration of ${type}`, undone: 'taken over' }, held));
  return false;
}

/** A removal that seems to have failed may have been done: only what can be seen is still there. */
async function isAnythingHeld({ channels, type, never }: RegisterContext): Promise<boolean> {
  return (await fetchRegistered(channels, type, never)).outcome === 'held';
}

async function isHeld({ channels, type, registration, never }: RegisterContext): Promise<boolean> {
  const held = await fetchRegistered(channels, type, never);
  return held.outcome === 'held' && isSameTemplate(held.uriTemplate, registration.uriTemplate);
}

function clientOf({ channels }: RegisterContext, channel: 'REST' | 'SOAP') {
  return channel === 'REST' ? channels.rest : channels.soap;
}

function registered({ failures }: RegisterContext, channel: 'REST' | 'SOAP', gapMs: number | null): RegisterResult {
  return { outcome: 'registered', channel, gapMs, failures };
}

/** What is held now never left, whatever its removal was answered: then there was no gap. */
async function failed(
  { channels, type, failures, never }: RegisterContext,
  gapMs: number | null,
): Promise<RegisterResult> {
  const held = await fetchRegistered(channels, type, never);
  return { outcome: 'failed', held, gapMs: held.outcome === 'held' ? null : gapMs, failures };
}
