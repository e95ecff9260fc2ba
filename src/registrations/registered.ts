/**
 * The registrations at Resurs, read and removed over whichever interface works: REST first, SOAP where REST fails or is known to
 * say less than there is (UPDATE has been missing from its list, and could not be removed by it). Making one is left to put.ts.
 * Nothing is taken for gone because one interface does not show it, unless the other one cannot be asked.
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

/** What Resurs holds for a type, as far as it can be known. */
export type Registered =
  | { readonly outcome: 'held'; readonly uriTemplate: string }
  | { readonly outcome: 'nothing' }
  | { readonly outcome: 'unknown'; readonly failures: readonly ResursFailure[] };

/** How a removal ended; `failed` tells what is held now. */
export type UnregisterResult =
  | { readonly outcome: 'removed' }
  | { readonly outcome: 'was_not_there' }
  | { readonly outcome: 'failed'; readonly held: Registered; readonly failures: readonly ResursFailure[] };

/** Asking the same interface again for another type would end the same way, and take as long. */
const HOPELESS: readonly FailureKind[] = ['credentials', 'unreachable', 'timed_out'];

/** What is held for a type. Throws only when `signal` ends it. */
export async function fetchRegistered(
  { rest, soap }: ResursClients,
  type: string,
  signal: AbortSignal,
): Promise<Registered> {
  const overRest = await rest.read(type, signal);
  if (overRest.outcome === 'done' && overRest.value !== null) return held(overRest.value);
  return reconcileAnswers(type, { overRest, overSoap: await soap.read(type, signal) });
}

/** What is held for each of the types, and for any other type that Resurs lists. */
export async function fetchAllRegistered(
  { rest, soap }: ResursClients,
  types: readonly CallbackType[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Registered>> {
  const list = await rest.list(signal);
  const found = new Map<string, Registered>();
  for (const [type, uriTemplate] of list.outcome === 'done' ? list.value : []) found.set(type, held(uriTemplate));

  let hopeless: ResursResult<string | null> | null = null;
  for (const type of types.filter((name) => !found.has(name))) {
    const overSoap: ResursResult<string | null> = hopeless ?? (await soap.read(type, signal));
    if (overSoap.outcome === 'failed' && HOPELESS.includes(overSoap.failure.kind)) hopeless = overSoap;
    const overRest: ResursResult<string | null> = list.outcome === 'done' ? { outcome: 'done', value: null } : list;
    found.set(type, reconcileAnswers(type, { overRest, overSoap }));
  }
  return found;
}

/** Removes what is held for a type and looks whether it is gone. Throws only when `signal` ends it. */
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
  return { outcome: 'failed', held: await fetchRegistered(channels, type, signal), failures };
}

/** What to say of a call that was answered as done, while what is held says otherwise. */
export function contradictedBy(
  channel: 'REST' | 'SOAP',
  { operation, undone }: { readonly operation: string; readonly undone: 'done' | 'taken over' },
  held: Registered,
): readonly ResursFailure[] {
  const text = held.outcome === 'unknown' ? 'accepted, but it cannot be read back' : `accepted, but not ${undone}`;
  const unproven: ResursFailure = { channel, operation, kind: 'not_understood', status: null, code: null, text };
  return held.outcome === 'unknown' ? [unproven, ...held.failures] : [unproven];
}

function held(uriTemplate: string): Registered {
  return { outcome: 'held', uriTemplate };
}

interface BothAnswers {
  readonly overRest: ResursResult<string | null>;
  readonly overSoap: ResursResult<string | null>;
}

/** REST has shown nothing or failed. Its word alone is enough for nothing, but not for UPDATE, which it has kept back. */
function reconcileAnswers(type: string, { overRest, overSoap }: BothAnswers): Registered {
  if (overSoap.outcome === 'done') return overSoap.value === null ? { outcome: 'nothing' } : held(overSoap.value);
  if (overRest.outcome === 'failed') return { outcome: 'unknown', failures: [overRest.failure, overSoap.failure] };
  return type === 'UPDATE' ? { outcome: 'unknown', failures: [overSoap.failure] } : { outcome: 'nothing' };
}
