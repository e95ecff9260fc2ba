/**
 * What Resurs does when it is asked something, whichever interface the question came through: keeps registrations by
 * type and refuses what it documents to refuse. How questions and answers are written is left to the two interfaces.
 * What is held lives in memory alone.
 */
import type { CallbackType } from '../../protocol/ecom/callback-types.ts';
import { CALLBACK_TYPES } from '../../protocol/ecom/callback-types.ts';
import type { Registration } from '../../protocol/ecom/registration.ts';
import type { Channel, Quirks } from './quirks.ts';

/** A question that was understood; its type need not be one that exists. */
export type ApiOperation =
  | { readonly operation: 'register'; readonly type: string; readonly registration: Registration }
  | { readonly operation: 'unregister' | 'read'; readonly type: string }
  | { readonly operation: 'list' }
  | { readonly operation: 'trigger'; readonly type: string; readonly params: readonly string[] };

/** An error as Resurs names it. Source: its error codes and its own SOAP test suite. */
export interface ResursError {
  readonly id: number;
  readonly name: string;
  readonly message: string;
}

/** What came of a question. */
export type OperationResult =
  | { readonly outcome: 'done'; readonly note: string | null }
  | { readonly outcome: 'read'; readonly uriTemplate: string | null }
  | { readonly outcome: 'listed'; readonly templates: ReadonlyMap<CallbackType, string> }
  | Triggered
  | { readonly outcome: 'refused'; readonly error: ResursError };

/** A callback that is to be sent. */
export interface Triggered {
  readonly outcome: 'triggered';
  readonly type: CallbackType;
  readonly params: readonly string[];
}

/** The id of "does not exist", which only SOAP makes an error of. */
export const DOES_NOT_EXIST = 8;

/** The registrations and those who may ask about them. */
export interface FakeRegistry {
  readonly held: ReadonlyMap<CallbackType, Registration>;
  /** What a callback of the type is made from now; null when none is sent. */
  toSend(type: CallbackType): Registration | null;
  execute(channel: Channel, asked: ApiOperation, quirks: Quirks): OperationResult;
}

/** What the desk remembers. */
interface RegistryState {
  readonly held: Map<CallbackType, Registration>;
  /** Registered in a way that makes Resurs send nothing. */
  readonly hiddenTypes: Set<CallbackType>;
  /** How many registrations are still refused after an unregistration. */
  readonly refusals: Map<CallbackType, number>;
}

export function createFakeRegistry(): FakeRegistry {
  const files: RegistryState = { held: new Map(), hiddenTypes: new Set(), refusals: new Map() };
  return {
    held: files.held,
    toSend: (type) => (files.hiddenTypes.has(type) ? null : (files.held.get(type) ?? null)),
    execute: (channel, asked, quirks) => execute(files, asked, { channel, quirks }),
  };
}

interface CallContext {
  readonly channel: Channel;
  readonly quirks: Quirks;
}

function execute(files: RegistryState, asked: ApiOperation, around: CallContext): OperationResult {
  if (asked.operation === 'list') return list(files, around.quirks);

  const type = CALLBACK_TYPES.find((known) => known === asked.type);
  if (type === undefined) return illegal('Unknown callback type!');
  switch (asked.operation) {
    case 'register':
      return register(files, { type, registration: asked.registration }, around);
    case 'unregister':
      return unregister(files, type, around.quirks);
    case 'read':
      return { outcome: 'read', uriTemplate: readBack(files.held.get(type), around.quirks) };
    case 'trigger':
      if (!files.held.has(type)) return illegal(`Callback of type ${type} is not registered!`);
      return { outcome: 'triggered', type, params: asked.params };
  }
}

function register(
  { held, hiddenTypes, refusals }: RegistryState,
  { type, registration }: { type: CallbackType; registration: Registration },
  { channel, quirks }: CallContext,
): OperationResult {
  const left = refusals.get(type) ?? 0;
  if (quirks.refusesHeld.includes(channel) && (held.has(type) || left > 0)) {
    if (!held.has(type)) refusals.set(type, left - 1);
    return illegal(`Callback of type ${type} already exists!`);
  }

  held.set(type, registration);
  // Over REST, a digest without paymentId is taken and the callback then never sent. Source: Resurs' REST page.
  const isSilent = channel === 'REST' && registration.digest?.parameters.includes('paymentId') === false;
  if (isSilent) hiddenTypes.add(type);
  else hiddenTypes.delete(type);
  return { outcome: 'done', note: isSilent ? 'will never be sent: the digest is without paymentId' : null };
}

function unregister(
  { held, hiddenTypes, refusals }: RegistryState,
  type: CallbackType,
  quirks: Quirks,
): OperationResult {
  if (!held.delete(type)) {
    const message = `Callback of type ${type} does not exist!`;
    return { outcome: 'refused', error: { id: DOES_NOT_EXIST, name: 'REFERENCED_DATA_DONT_EXISTS', message } };
  }
  hiddenTypes.delete(type);
  refusals.set(type, quirks.refusalsAfterUnregister);
  return { outcome: 'done', note: null };
}

function list({ held }: RegistryState, quirks: Quirks): OperationResult {
  const shown = [...held].filter(([type]) => !quirks.leftOutOfRestList.includes(type));
  return {
    outcome: 'listed',
    templates: new Map(shown.map(([type, registration]) => [type, readBack(registration, quirks) ?? ''])),
  };
}

function readBack(registration: Registration | undefined, { readsBack }: Quirks): string | null {
  if (registration === undefined) return null;
  return readsBack === 'plain' ? registration.uriTemplate : registration.uriTemplate.replaceAll('&', '&amp;');
}

function illegal(message: string): OperationResult {
  return { outcome: 'refused', error: { id: 1, name: 'ILLEGAL_ARGUMENT', message } };
}
