/**
 * The registry behind both interfaces: stores registrations by type, in memory only, and refuses what Resurs documents
 * that it refuses. The two interfaces decode requests and encode responses.
 */
import type { CallbackType } from '../../protocol/ecom/callback-types.ts';
import { CALLBACK_TYPES } from '../../protocol/ecom/callback-types.ts';
import type { Registration } from '../../protocol/ecom/registration.ts';
import type { FakePayment } from '../payments.ts';
import type { FoundPayments, SearchOperation } from './payment-search.ts';
import type { Channel, Quirks } from './quirks.ts';

/** A decoded operation; its type need not be one that exists. */
export type ApiOperation =
  | { readonly name: 'register'; readonly type: string; readonly registration: Registration }
  | { readonly name: 'unregister' | 'read'; readonly type: string }
  | { readonly name: 'list' }
  | { readonly name: 'trigger'; readonly type: string; readonly params: readonly string[] };

/** An operation that reads a payment; it needs no registration. */
export interface PaymentOperation {
  readonly name: 'payment';
  readonly paymentId: string;
}

/** Every operation of eCom. */
export type EcomOperation = ApiOperation | PaymentOperation | SearchOperation;

/** An error as Resurs names it. Source: its error codes and its own SOAP test suite. */
export interface ResursError {
  readonly id: number;
  readonly name: string;
  readonly message: string;
  /** The text for the customer, where it is another one. */
  readonly userMessage?: string;
}

/** The result of an operation. */
export type OperationResult =
  | { readonly outcome: 'done'; readonly note: string | null }
  | { readonly outcome: 'read'; readonly uriTemplate: string | null }
  | { readonly outcome: 'listed'; readonly templates: ReadonlyMap<CallbackType, string> }
  | Triggered
  | { readonly outcome: 'payment'; readonly payment: FakePayment }
  | FoundPayments
  | { readonly outcome: 'refused'; readonly error: ResursError };

/** A callback to send. */
export interface Triggered {
  readonly outcome: 'triggered';
  readonly type: CallbackType;
  readonly params: readonly string[];
}

/** The id of "does not exist", which is an error over SOAP only. */
export const DOES_NOT_EXIST = 8;

/** The registrations and the operations on them. */
export interface FakeRegistry {
  readonly registered: ReadonlyMap<CallbackType, Registration>;
  /** Returns the registration that a callback of the type uses now; null when none is sent. */
  toSend(type: CallbackType): Registration | null;
  execute(channel: Channel, operation: ApiOperation, quirks: Quirks): OperationResult;
}

/** The state of a registry. */
interface RegistryState {
  readonly registered: Map<CallbackType, Registration>;
  /** Types registered in a way that makes Resurs send nothing. */
  readonly hiddenTypes: Set<CallbackType>;
  /** How many more registrations are refused after an unregistration. */
  readonly refusals: Map<CallbackType, number>;
}

/** Creates an empty registry. */
export function createFakeRegistry(): FakeRegistry {
  const state: RegistryState = { registered: new Map(), hiddenTypes: new Set(), refusals: new Map() };
  return {
    registered: state.registered,
    toSend: (type) => (state.hiddenTypes.has(type) ? null : (state.registered.get(type) ?? null)),
    execute: (channel, operation, quirks) => execute(state, operation, { channel, quirks }),
  };
}

/** Reads a payment. The texts are those of Resurs' documentation. */
export function paymentResult(
  { paymentId }: PaymentOperation,
  payments: { find(paymentId: string): FakePayment | null },
): OperationResult {
  const payment = payments.find(paymentId);
  if (payment !== null) return { outcome: 'payment', payment };
  const message = 'This order group do not exists';
  const userMessage = `Efterfrågad order/betalning (${paymentId}) kan inte hittas i databasen.`;
  return {
    outcome: 'refused',
    error: { id: DOES_NOT_EXIST, name: 'REFERENCED_DATA_DONT_EXISTS', message, userMessage },
  };
}

interface CallContext {
  readonly channel: Channel;
  readonly quirks: Quirks;
}

function execute(state: RegistryState, operation: ApiOperation, context: CallContext): OperationResult {
  if (operation.name === 'list') return list(state, context.quirks);

  const type = CALLBACK_TYPES.find((known) => known === operation.type);
  if (type === undefined) return illegal('Unknown callback type!');
  switch (operation.name) {
    case 'register':
      return register(state, { type, registration: operation.registration }, context);
    case 'unregister':
      return unregister(state, type, context.quirks);
    case 'read':
      return { outcome: 'read', uriTemplate: readBack(state.registered.get(type), context.quirks) };
    case 'trigger':
      if (!state.registered.has(type)) return illegal(`Callback of type ${type} is not registered!`);
      return { outcome: 'triggered', type, params: operation.params };
  }
}

function register(
  { registered, hiddenTypes, refusals }: RegistryState,
  { type, registration }: { type: CallbackType; registration: Registration },
  { channel, quirks }: CallContext,
): OperationResult {
  const left = refusals.get(type) ?? 0;
  if (quirks.refusesOverwrite.includes(channel) && (registered.has(type) || left > 0)) {
    if (!registered.has(type)) refusals.set(type, left - 1);
    return illegal(`Callback of type ${type} already exists!`);
  }

  registered.set(type, registration);
  // Over REST, a digest without paymentId is accepted, and the callback is then never sent. Source: Resurs' REST page.
  const isSilent = channel === 'REST' && registration.digest?.parameters.includes('paymentId') === false;
  if (isSilent) hiddenTypes.add(type);
  else hiddenTypes.delete(type);
  return { outcome: 'done', note: isSilent ? 'will never be sent: the digest is without paymentId' : null };
}

function unregister(
  { registered, hiddenTypes, refusals }: RegistryState,
  type: CallbackType,
  quirks: Quirks,
): OperationResult {
  if (!registered.delete(type)) {
    const message = `Callback of type ${type} does not exist!`;
    return { outcome: 'refused', error: { id: DOES_NOT_EXIST, name: 'REFERENCED_DATA_DONT_EXISTS', message } };
  }
  hiddenTypes.delete(type);
  refusals.set(type, quirks.refusalsAfterUnregister);
  return { outcome: 'done', note: null };
}

function list({ registered }: RegistryState, quirks: Quirks): OperationResult {
  const listed = [...registered].filter(([type]) => !quirks.hiddenInRestList.includes(type));
  return {
    outcome: 'listed',
    templates: new Map(listed.map(([type, registration]) => [type, readBack(registration, quirks) ?? ''])),
  };
}

function readBack(registration: Registration | undefined, { readsBack }: Quirks): string | null {
  if (registration === undefined) return null;
  return readsBack === 'plain' ? registration.uriTemplate : registration.uriTemplate.replaceAll('&', '&amp;');
}

function illegal(message: string): OperationResult {
  return { outcome: 'refused', error: { id: 1, name: 'ILLEGAL_ARGUMENT', message } };
}
