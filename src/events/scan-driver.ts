/** What a scan of events looks for, and which index drives it. Pure. */
import type { Provider } from '../db/schema.ts';

export interface EventFilter {
  readonly paymentId?: string;
  /** Of the events themselves, as in the database: at most a window of them. */
  readonly ids?: readonly string[];
  /** The shop's reference of the order; of an eCom event the paymentId. */
  readonly orderReference?: string;
  readonly provider?: Provider;
  readonly type?: string;
  readonly callback?: string;
  /** Of the delivery; `finished` means delivered or dead_letter. */
  readonly state?: 'pending' | 'delivering' | 'delivered' | 'dead_letter' | 'finished';
  /** Of the delivery's last attempt: its outcome, or the status of the merchant's response. */
  readonly reason?: string;
  /** On the time of receipt; inclusive. */
  readonly from?: Date;
  /** Exclusive. */
  readonly to?: Date;
}

export interface EventScan {
  readonly filter: EventFilter;
  readonly direction: 'asc' | 'desc';
  /** Only sequences beyond this one, in the scan's direction. */
  readonly after?: number | undefined;
  /** No sequence beyond this one. */
  readonly upTo?: number;
  /** Entries of the driving index that one statement scans. From a short list: each value is a statement of its own. */
  readonly window: number;
}

/** `order` is two indexes: that of eCom's payments, whose id is the reference, and that of the other references. */
export type Driver =
  | KeyedDriver
  | 'ids'
  | 'order'
  | 'delivering'
  | 'unfinished'
  | 'dead_letters'
  | 'deliveries'
  | 'events';
export type KeyedDriver = 'payment_key' | 'type' | 'callback' | 'provider';

/** The provider whose events have an index; those of the other are nearly all. */
const INDEXED_PROVIDER: Provider = 'resurs-mapi';

/** Returns the index that drives a scan with this filter. */
export function driverFor(filter: EventFilter): Driver {
  const { ids, paymentId, orderReference, provider, type, callback, state } = filter;
  if (ids !== undefined) return 'ids';
  if (paymentId !== undefined) return 'payment_key';
  if (orderReference !== undefined) return 'order';
  if (state === 'delivering') return 'delivering';
  if (state === 'pending') return 'unfinished';
  if (state === 'dead_letter') return 'dead_letters';
  if (type !== undefined) return 'type';
  if (callback !== undefined) return 'callback';
  if (provider === INDEXED_PROVIDER) return 'provider';
  return state === undefined ? 'events' : 'deliveries';
}
