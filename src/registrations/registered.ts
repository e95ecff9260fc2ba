/**
 * Reads and removes the registrations at Resurs over the interface that works. REST comes first, SOAP where REST fails
 * or is known to be incomplete: UPDATE has been missing from its list, and could not be removed by it. register.ts
 * makes registrations. A registration that one interface does not show counts as gone only if the other one agrees or
 * cannot be reached.
 */
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import type { FailureKind, ResursFailure, ResursResult } from '../resurs/failure.ts';
import type { RestClient } from '../resurs/rest.ts';
import type { SoapClient } from '../resurs/soap.ts';

/** The two interfaces of one account. */
export interface ResursClients {
  readonly rest: RestClient;
  readonly soap: SoapClient;
}

/** The registration of a type at Resurs, as far as it is known. */
export type Registered =
  | { readonly outcome: 'registered'; readonly uriTemplate: string }
  | { readonly outcome: 'nothing' }
  | { readonly outcome: 'unknown'; readonly failures: readonly ResursFailure[] };

/** How a removal ended. `registered`: the registration that is left after a failure. */
export type UnregisterResult =
  | { readonly outcome: 'removed' }
  | { readonly outcome: 'was_not_there' }
  | { readonly outcome: 'failed'; readonly registered: Registered; readonly failures: readonly ResursFailure[] };

/** Calling the same interface again for another type would end the same way, and take as long. */
const HOPELESS: readonly FailureKind[] = ['credentials', 'unreachable', 'timed_out'];

/** Fetches the registration of a type. Throws only when `signal` ends it. */
export async function fetchRegistered(
  { rest, soap }: ResursClients,
  type: string,
  signal: AbortSignal,
): Promise<Registered> {
  const overRest = await rest.read(type, signal);
  if (overRest.outcome === 'done' && overRest.value !== null) return registeredAs(overRest.value);
  return reconcileResults(type, { overRest, overSoap: await soap.read(type, signal) });
}

/**
 * Fetches the registrations of the types, and of any other type that Resurs lists. Throws only when `signal` ends it.
 */
export async function fetchAllRegistered(
  { rest, soap }: ResursClients,
  types: readonly CallbackType[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Registered>> {
  const list = await rest.list(signal);
  const found = new Map<string, Registered>();
  for (const [type, template] of list.outcome === 'done' ? list.value : []) found.set(type, registeredAs(template));

  let hopeless: ResursResult<string | null> | null = null;
  for (const type of types.filter((name) => !found.has(name))) {
    const overSoap: ResursResult<string | null> = hopeless ?? (await soap.read(type, signal));
    if (overSoap.outcome === 'failed' && HOPELESS.includes(overSoap.failure.kind)) hopeless = overSoap;
    const overRest: ResursResult<string | null> = list.outcome === 'done' ? { outcome: 'done', value: null } : list;
    found.set(type, reconcileResults(type, { overRest, overSoap }));
  }
  return found;
}

/** Removes the registration of a type and reads back that it is gone. Throws only when `signal` ends it. */
export async function unregisterCallback(
  channels: ResursClients,
  type: string,
  signal: AbortSignal,
): Promise<UnregisterResult> {
  const failures: ResursFailure[] = [];
  const before = await fetchRegistered(channels, type, signal);
  if (before.outcome === 'nothing') return { outcome: 'was_not_there' };

  for (const [channel, client] of [
    ['REST', channels.rest],
    ['SOAP', channels.soap],
  ] as const) {
    const result = await client.unregister(type, signal);
    const left = await fetchRegistered(channels, type, signal);
    if (left.outcome === 'nothing') return { outcome: 'removed' };
    const isRefused = result.outcome === 'failed' && result.failure.kind !== 'does_not_exist';
    failures.push(
      ...(isRefused
        ? [result.failure]
        : contradictedBy(channel, { operation: `removal of ${type}`, undone: 'done' }, left)),
    );
  }
  return { outcome: 'failed', registered: await fetchRegistered(channels, type, signal), failures };
}

/** Returns the failures of a call that reported success while the registration read back contradicts it. */
export function contradictedBy(
  channel: 'REST' | 'SOAP',
  { operation, undone }: { readonly operation: string; readonly undone: 'done' | 'in effect' },
  readBack: Registered,
): readonly ResursFailure[] {
  const text = readBack.outcome === 'unknown' ? 'accepted, but it cannot be read back' : `accepted, but not ${undone}`;
  const unproven: ResursFailure = { channel, operation, kind: 'not_understood', status: null, code: null, text };
  return readBack.outcome === 'unknown' ? [unproven, ...readBack.failures] : [unproven];
}

function registeredAs(uriTemplate: string): Registered {
  return { outcome: 'registered', uriTemplate };
}

interface BothResults {
  readonly overRest: ResursResult<string | null>;
  readonly overSoap: ResursResult<string | null>;
}

/**
 * REST showed nothing or failed. Alone, it proves that nothing is registered, except for UPDATE, which it has omitted.
 */
function reconcileResults(type: string, { overRest, overSoap }: BothResults): Registered {
  if (overSoap.outcome === 'done') {
    return overSoap.value === null ? { outcome: 'nothing' } : registeredAs(overSoap.value);
  }
  if (overRest.outcome === 'failed') return { outcome: 'unknown', failures: [overRest.failure, overSoap.failure] };
  return type === 'UPDATE' ? { outcome: 'unknown', failures: [overSoap.failure] } : { outcome: 'nothing' };
}
