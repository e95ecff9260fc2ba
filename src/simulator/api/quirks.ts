/**
 * How the stand-in misbehaves on demand. Resurs has been seen to do most of it, and documents none of it as intended;
 * what it does today is unknown (docs/protocol.md), so whoever talks to it has to live with all. Everything may be
 * changed while the stand-in runs and holds from the next call on. Without a quirk the stand-in does what Resurs' pages
 * say.
 */
import type { CallbackType } from '../../protocol/ecom/callback-types.ts';
import type { ResursFailure } from '../../resurs/failure.ts';
import type { XmlPrefixes } from './soap-responses.ts';

/** The two interfaces. */
export type Channel = ResursFailure['channel'];

/** What can be asked; `unknown` is what neither interface has. */
export type Operation = 'register' | 'unregister' | 'read' | 'list' | 'trigger' | 'unknown';

/** A call as it has come in. */
export interface ReceivedCall {
  readonly channel: Channel;
  readonly operation: Operation;
  /** As it was written; null for a list, and for what could not be the name of a type. */
  readonly type: string | null;
  /** The how-manyeth call of this channel, operation and type, from 1. */
  readonly number: number;
}

/** A call that is over. No part of it holds a URL, a salt or a password. */
export interface CompletedCall extends ReceivedCall {
  /** The HTTP status; null when no answer was sent. */
  readonly status: number | null;
  /** What is worth knowing beside the status, or null. */
  readonly note: string | null;
}

/**
 * What goes wrong with one call. `server_error`: 500 as the interface words it. `html`: 503 with a page of a proxy.
 * `login_page`: 200 with a page. `unauthorised`: as with wrong credentials. `hang`: never answered. `reset`: the
 * connection ends before anything is done; `answer_lost`: after it was done. `ignored`: answered as done, with nothing
 * changed or sent; what only reads is answered as always.
 */
export type InjectedFault =
  | 'none'
  | 'server_error'
  | 'html'
  | 'login_page'
  | 'unauthorised'
  | 'hang'
  | 'reset'
  | 'answer_lost'
  | 'ignored';

/** All that can be odd about Resurs. */
export interface Quirks {
  /** Decides once for every call, as soon as it is read. */
  readonly faultOf: (call: ReceivedCall) => InjectedFault;
  /** Where registering over a held type is refused ("already exists") instead of taken over. */
  readonly refusesHeld: readonly Channel[];
  /** So many more registrations of a type are refused there after it was unregistered. */
  readonly refusalsAfterUnregister: number;
  /** Types that the REST list leaves out, as it has done with UPDATE. */
  readonly leftOutOfRestList: readonly CallbackType[];
  /** `escaped`: `&` comes back as the text `&amp;`. */
  readonly readsBack: 'plain' | 'escaped';
  /** Namespace prefixes of SOAP answers, one pair after the other in turn. At least one. */
  readonly prefixes: readonly [XmlPrefixes, ...XmlPrefixes[]];
  /**
   * `mute`: connections are taken and nothing is ever read or said, not even a TLS handshake. `refused`: reset at once.
   */
  readonly connections: 'taken' | 'mute' | 'refused';
}

/** Resurs on a good day. */
export const NO_QUIRKS: Quirks = {
  faultOf: () => 'none',
  refusesHeld: [],
  refusalsAfterUnregister: 0,
  leftOutOfRestList: [],
  readsBack: 'plain',
  prefixes: [
    { envelope: 'S', message: 'ns2' },
    { envelope: '', message: 'm' },
    { envelope: 'SOAP-ENV', message: '' },
  ],
  connections: 'taken',
};
