/**
 * How the fake Resurs misbehaves on demand. Resurs has been seen to do most of it, and documents none of it as
 * intended. What it does today is unknown (docs/protocol.md), so clients must cope with all of it. Every quirk may
 * change while the fake runs and applies from the next call on. Without a quirk it does what Resurs' pages say.
 */
import type { CallbackType } from '../../protocol/ecom/callback-types.ts';
import type { ResursFailure } from '../../resurs/failure.ts';
import type { XmlPrefixes } from './soap-responses.ts';

/** All interfaces: `MAPI` is the Merchant API. */
export type CalledInterface = ResursFailure['channel'];

/** The two interfaces of eCom. */
export type Channel = Exclude<CalledInterface, 'MAPI'>;

/** The operations of all interfaces, and the request for a WSDL; `unknown` for one that none has. */
export type Operation =
  | 'register'
  | 'unregister'
  | 'read'
  | 'list'
  | 'trigger'
  | 'payment'
  | 'wsdl'
  | 'token'
  | 'search'
  | 'stores'
  | 'test_callback'
  | 'unknown';

/** A call as it was received. */
export interface ReceivedCall {
  readonly channel: CalledInterface;
  readonly operation: Operation;
  /** As it was sent; null for calls without one, and for a text that cannot be the name of a type. */
  readonly type: string | null;
  /** The number of the call among those of this channel, operation and type, from 1. */
  readonly number: number;
}

/** A finished call. No part of it contains a URL, a salt or a password. */
export interface CompletedCall extends ReceivedCall {
  /** The HTTP status; null when no response was sent. */
  readonly status: number | null;
  /** A remark beside the status, or null. */
  readonly note: string | null;
}

/**
 * A fault injected into one call. `server_error`: 500 in the format of the interface. `html`: 503 with a page of a
 * proxy. `login_page`: 200 with a page. `unauthorised`: as with wrong credentials; a token that was sent ends with it.
 * `limited`: 429. `hang`: no response, ever. `reset`: the connection is reset before anything is done; `answer_lost`:
 * after it was done. `limit_exceeded`: the error 24 of eCom. `empty`: 200 without a body. `ignored`: reported as done, but nothing is changed or sent; operations that only read are
 * unaffected. `slow`: done, and responded to after `slowMs`. `half_body`: done, and the connection ends within the body.
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
  | 'ignored'
  | 'limited'
  | 'limit_exceeded'
  | 'empty'
  | 'slow'
  | 'half_body';

/** Everything that can be unusual about Resurs. */
export interface Quirks {
  /** Decides once per call, as soon as it is read. */
  readonly faultOf: (call: ReceivedCall) => InjectedFault;
  /** Interfaces that refuse to register a registered type ("already exists") instead of overwriting it. */
  readonly refusesOverwrite: readonly Channel[];
  /** How many more registrations of a type they refuse after it was unregistered. */
  readonly refusalsAfterUnregister: number;
  /** Types that the REST list omits, as it has done with UPDATE. */
  readonly hiddenInRestList: readonly CallbackType[];
  /** `escaped`: `&` comes back as the text `&amp;`. */
  readonly readsBack: 'plain' | 'escaped';
  /** Namespace prefixes of SOAP responses, used in turn. At least one pair. */
  readonly prefixes: readonly [XmlPrefixes, ...XmlPrefixes[]];
  /**
   * `mute`: connections are accepted, but nothing is read or sent, not even a TLS handshake. `refused`: reset at once.
   */
  readonly connections: 'accepted' | 'mute' | 'refused';
  /** How far Resurs' clock is ahead: of the header `Date`, and of the times at which payments of eCom change. */
  readonly clockAheadMs: number;
  /** From where findPayments counts its pages, and whether it refuses page 0 or takes it for page 1. */
  readonly pages: 'from_1' | 'from_1_and_0_is_1' | 'from_0';
  /** findPayments says of a payment that was never modified that it was modified when it was booked. */
  readonly modifiedFromBooking: boolean;
  /** The header `Retry-After` of `limited`; null leaves it out. */
  readonly retryAfter: string | null;
  readonly slowMs: number;
  /** The Merchant API: the scopes of which a token is granted, and how long it is valid. */
  readonly scopes: readonly string[];
  readonly tokenSeconds: number;
  /** How many reads of each payment the Merchant API answers 404, as it may right after the payment was announced. */
  readonly unknownReads: number;
  /** The word for every test callback, which is then not sent; null: what became of it. */
  readonly testCallbackStatus: string | null;
}

/** Resurs as its pages document it. */
export const NO_QUIRKS: Quirks = {
  faultOf: () => 'none',
  refusesOverwrite: [],
  refusalsAfterUnregister: 0,
  hiddenInRestList: [],
  readsBack: 'plain',
  prefixes: [
    { envelope: 'S', message: 'ns2' },
    { envelope: '', message: 'm' },
    { envelope: 'SOAP-ENV', message: '' },
  ],
  connections: 'accepted',
  clockAheadMs: 0,
  pages: 'from_1',
  modifiedFromBooking: false,
  retryAfter: '1',
  slowMs: 2_000,
  scopes: ['merchant-api'],
  tokenSeconds: 3_599,
  unknownReads: 0,
  testCallbackStatus: null,
};
