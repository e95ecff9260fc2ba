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

/** Calling the same interface for another type would take as long, so the others are called side by side. */
const UNREACHED: readonly FailureKind[] = ['unreachable', 'timed_out'];

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

  const overRest: ResursResult<string | null> = list.outcome === 'done' ? { outcome: 'done', value: null } : list;
  const missing = types.filter((name) => !found.has(name));
  for (const [type, overSoap] of await readOverSoap(soap, missing, { isUnreached: isUnreached(list), signal })) {
    found.set(type, reconcileResults(type, { overRest, overSoap }));
  }
  return found;
}

interface SoapReadOptions {
  /** Whether Resurs was not reached just now. */
  readonly isUnreached: boolean;
  readonly signal: AbortSignal;
}

/** Reads the types one after another; side by side when Resurs cannot be reached, since each has to time out. */
async function readOverSoap(
  soap: SoapClient,
  types: readonly CallbackType[],
  { isUnreached: startUnreached, signal }: SoapReadOptions,
): Promise<[CallbackType, ResursResult<string | null>][]> {
  const results: [CallbackType, ResursResult<string | null>][] = [];
  const read = async (type: CallbackType): Promise<[CallbackType, ResursResult<string | null>]> => {
    return [type, await soap.read(type, signal)];
  };
  for (const [index, type] of types.entries()) {
    const last = results.at(-1)?.[1];
    if (index === 0 ? startUnreached : last !== undefined && isUnreached(last)) {
      return [...results, ...(await Promise.all(types.slice(index).map(read)))];
    }
    // Further wrong passwords could lock the account.
    const refused = last?.outcome === 'failed' && last.failure.kind === 'credentials' ? last.failure : null;
    results.push(refused === null ? await read(type) : [type, notTried(refused, types[index - 1] ?? type, type)]);
  }
  return results;
}

function isUnreached(result: ResursResult<unknown>): boolean {
  return result.outcome === 'failed' && UNREACHED.includes(result.failure.kind);
}

/** The failure of a call that was not made, because the one for the type before it was refused. */
function notTried(failure: ResursFailure, before: CallbackType, type: CallbackType): ResursResult<never> {
  const operation = failure.operation.replace(before, type);
  const text = failure.text.startsWith(NOT_TRIED) ? failure.text : `${NOT_TRIED}: ${failure.text}`;
  return { outcome: 'failed', failure: { ...failure, operation, text } };
}

const NOT_TRIED = 'not tried again after the first refusal';

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
