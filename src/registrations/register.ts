/**
 * Registers one type and proves it by reading back. The new registration overwrites the present one, so that there is
 * no moment without a registration. Only if Resurs refuses that ("already exists") is the present one removed first.
 * The new one is then registered at once, with retries for up to a minute. The time in between is reported: callbacks
 * of that time are never sent. A maintainer must not let anything abort the work between removing and registering.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../lib/clock.ts';
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import type { Registration } from '../protocol/ecom/registration.ts';
import { isSameTemplate } from '../protocol/ecom/url-template.ts';
import type { ResursFailure, ResursResult } from '../resurs/failure.ts';
import { contradictedBy, fetchRegistered, type Registered, type ResursClients } from './registered.ts';

export interface RegisterOptions {
  readonly channels: ResursClients;
  readonly clock: Clock;
  /** What to register over REST instead, where it must differ; SOAP then comes first. */
  readonly overRest?: Registration | null;
  /** Resolves after so many milliseconds. */
  readonly sleep?: (ms: number) => Promise<void>;
}

/** How it ended. `gapMs`: how long nothing was registered; null when there was no such time. */
export type RegisterResult =
  | {
      readonly outcome: 'registered';
      readonly channel: 'REST' | 'SOAP';
      /** The registration that is in effect. */
      readonly registration: Registration;
      readonly gapMs: number | null;
      /** Failed calls that did no harm. */
      readonly failures: readonly ResursFailure[];
    }
  | {
      readonly outcome: 'failed';
      /** The registration that is in effect now. */
      readonly registered: Registered;
      readonly gapMs: number | null;
      readonly failures: readonly ResursFailure[];
    };

const RETRY_LIMIT_MS = 60_000;
const FIRST_WAIT_MS = 250;
const MAX_WAIT_MS = 5_000;
const CHANNELS = ['REST', 'SOAP'] as const;
/** Nothing may abort the work between removing and registering. */
const NO_ABORT = new AbortController().signal;

/** One registration in progress. */
interface RegisterContext extends RegisterOptions {
  readonly type: CallbackType;
  readonly registration: Registration;
  readonly failures: ResursFailure[];
}

/**
 * Registers `type`. Ends within the time-outs of the interfaces and that minute; never throws for a failure of Resurs.
 */
export async function registerCallback(
  options: RegisterOptions,
  type: CallbackType,
  registration: Registration,
): Promise<RegisterResult> {
  const context: RegisterContext = { ...options, type, registration, failures: [] };
  for (const channel of channelsOf(context)) {
    const result = await register(context, channel);
    if (result.outcome === 'failed' && result.failure.kind === 'already_exists') return replace(context, channel);
    if (result.outcome === 'failed') context.failures.push(result.failure);
    else if (await confirmRegistered(context, channel)) return succeeded(context, channel, null);
  }
  return failed(context, null);
}

/** Removes and registers at once, over one interface and then the other in turn until the registration is in effect. */
async function replace(context: RegisterContext, channel: 'REST' | 'SOAP'): Promise<RegisterResult> {
  const { clock, failures } = context;
  // A call that seemed to fail may have succeeded: then the existing registration is the new one.
  const over = await channelInEffect(context, channel);
  if (over !== null) return succeeded(context, over, null);
  // Measured from before the removal, since a response may take long after it was done: the operator has to check at
  // least this time.
  const goneAt = clock.elapsed();
  if (!(await unregister(context, channel)) && (await isAnythingRegistered(context))) return failed(context, null);

  const channels = channel === 'REST' ? CHANNELS : CHANNELS.toReversed();
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, MAX_WAIT_MS)) {
    const latest: ResursFailure[] = [];
    for (const each of channels) {
      let result = await register(context, each);
      // Over REST, UPDATE has been seen to stay although its removal was answered 200.
      const isStillThere = result.outcome === 'failed' && result.failure.kind === 'already_exists';
      if (isStillThere && (await unregister(context, each))) result = await register(context, each);
      const gapMs = clock.elapsed() - goneAt;
      if (result.outcome === 'failed') latest.push(result.failure);
      else if (await confirmRegistered(context, each)) return succeeded(context, each, gapMs);
    }
    if (clock.elapsed() - goneAt + waitMs > RETRY_LIMIT_MS) {
      failures.push(...latest);
      return failed(context, clock.elapsed() - goneAt);
    }
    await (context.sleep ?? wait)(waitMs);
  }
}

/** Removes the present registration; true when none is left. */
async function unregister(context: RegisterContext, first: 'REST' | 'SOAP'): Promise<boolean> {
  for (const channel of first === 'REST' ? CHANNELS : CHANNELS.toReversed()) {
    const result = await clientOf(context, channel).unregister(context.type, NO_ABORT);
    if (result.outcome === 'done' || result.failure.kind === 'does_not_exist') return true;
    context.failures.push(result.failure);
  }
  return false;
}

function register(context: RegisterContext, channel: 'REST' | 'SOAP'): Promise<ResursResult<void>> {
  return clientOf(context, channel).register(context.type, registrationOver(context, channel), NO_ABORT);
}

/** REST comes first, except where it cannot register all that is wanted. */
function channelsOf({ overRest = null }: RegisterContext): readonly ('REST' | 'SOAP')[] {
  return overRest === null ? CHANNELS : CHANNELS.toReversed();
}

function registrationOver({ registration, overRest = null }: RegisterContext, channel: 'REST' | 'SOAP'): Registration {
  return channel === 'REST' && overRest !== null ? overRest : registration;
}

/**
 * Reads the registration back and records a failure when it is not in effect. REST has been seen to accept a
 * registration and keep the old one; one that cannot be read back is not proven.
 */
async function confirmRegistered(context: RegisterContext, channel: 'REST' | 'SOAP'): Promise<boolean> {
  const { channels, type, failures } = context;
  const { uriTemplate } = registrationOver(context, channel);
  const readBack = await fetchRegistered(channels, type, NO_ABORT);
  if (readBack.outcome === 'registered' && isSameTemplate(readBack.uriTemplate, uriTemplate)) return true;

  failures.push(...contradictedBy(channel, { operation: `registration of ${type}`, undone: 'in effect' }, readBack));
  return false;
}

/** A removal that seems to have failed may have succeeded: only a registration that can be read is still there. */
async function isAnythingRegistered({ channels, type }: RegisterContext): Promise<boolean> {
  return (await fetchRegistered(channels, type, NO_ABORT)).outcome === 'registered';
}

/** Returns the interface whose new registration is in effect, `first` if both have the same; null for another one. */
async function channelInEffect(context: RegisterContext, first: 'REST' | 'SOAP'): Promise<'REST' | 'SOAP' | null> {
  const readBack = await fetchRegistered(context.channels, context.type, NO_ABORT);
  if (readBack.outcome !== 'registered') return null;
  const { uriTemplate } = readBack;
  const channels = first === 'REST' ? CHANNELS : CHANNELS.toReversed();
  return channels.find((each) => isSameTemplate(uriTemplate, registrationOver(context, each).uriTemplate)) ?? null;
}

function clientOf({ channels }: RegisterContext, channel: 'REST' | 'SOAP') {
  return channel === 'REST' ? channels.rest : channels.soap;
}

function succeeded(context: RegisterContext, channel: 'REST' | 'SOAP', gapMs: number | null): RegisterResult {
  const registration = registrationOver(context, channel);
  return { outcome: 'registered', channel, registration, gapMs, failures: context.failures };
}

/** A registration that is present now never left, whatever the response to its removal: then there was no gap. */
async function failed({ channels, type, failures }: RegisterContext, gapMs: number | null): Promise<RegisterResult> {
  const registered = await fetchRegistered(channels, type, NO_ABORT);
  return { outcome: 'failed', registered, gapMs: registered.outcome === 'registered' ? null : gapMs, failures };
}
