/**
 * Confirms that a payment is the shop's: the Merchant API is asked for it with the shop's own credentials. It is the only
 * proof of a callback whose URL carries no token, so strangers can cause these reads: few run at once, equal ones are
 * one, and a payment that was found is not asked for again, unless it had no order yet: its reference may come later.
 *
 * A payment may be announced before it can be read. So one that is unknown is asked for again before that is believed.
 */
import { setTimeout } from 'node:timers/promises';
import { createBoundedMap } from '../../lib/bounded-map.ts';
import type { Clock } from '../../lib/clock.ts';
import { storable } from '../../lib/storable.ts';
import { createTurns } from '../../lib/turns.ts';
import type { MapiClient, MapiPaymentResult } from '../../resurs/mapi.ts';

/** `unknown`: the account has no such payment. `unavailable`: not known yet; `reason` is for the log. */
export type Confirmation =
  | { readonly outcome: 'confirmed'; readonly orderReference: string | null }
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'unavailable'; readonly reason: string };

export interface ConfirmerOptions {
  readonly client: Pick<MapiClient, 'payment'>;
  readonly clock: Pick<Clock, 'elapsed'>;
}

export interface Confirmer {
  /** Reads the payment of this id, in lower case. Takes no longer than two seconds; rejects for unexpected errors only. */
  confirm(paymentId: string): Promise<Confirmation>;
}

const TIMEOUT_MS = 2_000;
const ASK_AGAIN_AFTER_MS = 700;
/** With less time no read is begun: it would fail for that alone, and failures in a row pause all reads. */
const MIN_READ_MS = 300;
const MAX_READS = 8;
/** Fewer than 256 waiting callbacks are never overload. Source: docs/protocol.md, Limits. */
const MAX_WAITING = 256;
const MAX_REMEMBERED = 10_000;
/** As in URLs. */
const MAX_REFERENCE_LENGTH = 255;

/** Creates it; nothing is read yet. */
export function createConfirmer({ client, clock }: ConfirmerOptions): Confirmer {
  const references = createBoundedMap<string, string | null>(MAX_REMEMBERED);
  const running = new Map<string, Promise<Confirmation>>();
  const turns = createTurns({ atOnce: MAX_READS, waiting: MAX_WAITING });

  /** Reads once; `unavailable` also when there was no turn for it. */
  async function read(paymentId: string, endsAtMs: number): Promise<Confirmation> {
    const turn = await turns.take(endsAtMs - clock.elapsed() - MIN_READ_MS);
    if (turn.outcome === 'full') return unavailable('too many payments are being confirmed');
    if (turn.outcome === 'late') return unavailable('other payments took all the time to confirm this one');
    try {
      const timeoutMs = Math.floor(endsAtMs - clock.elapsed());
      // The turn, or the wait before it, may have taken longer than it was to.
      if (timeoutMs < MIN_READ_MS) return unavailable('there was no time left to ask for the payment');
      return toConfirmation(await client.payment(paymentId, { timeoutMs, signal: new AbortController().signal }));
    } finally {
      turn.release();
    }
  }

  async function readUntilBelieved(paymentId: string): Promise<Confirmation> {
    const endsAtMs = clock.elapsed() + TIMEOUT_MS;
    let confirmation = await read(paymentId, endsAtMs);
    let asked = 1;
    while (confirmation.outcome === 'unknown') {
      if (endsAtMs - clock.elapsed() < ASK_AGAIN_AFTER_MS + MIN_READ_MS) break;
      await setTimeout(ASK_AGAIN_AFTER_MS);
      confirmation = await read(paymentId, endsAtMs);
      asked += 1;
    }
    if (confirmation.outcome !== 'unknown' || asked > 1) return confirmation;
    return unavailable('the payment is unknown, and there was no time to ask for it again');
  }

  return {
    async confirm(paymentId) {
      const known = references.get(paymentId);
      if (typeof known === 'string') {
        references.set(paymentId, known);
        return { outcome: 'confirmed', orderReference: known };
      }
      const reading =
        running.get(paymentId) ?? readUntilBelieved(paymentId).finally(() => void running.delete(paymentId));
      running.set(paymentId, reading);
      const confirmation = await reading;
      if (confirmation.outcome === 'confirmed') references.set(paymentId, confirmation.orderReference);
      // It was found before, without an order: nothing but the reference was asked for.
      else if (known === null) return { outcome: 'confirmed', orderReference: null };
      return confirmation;
    },
  };
}

function toConfirmation(result: MapiPaymentResult): Confirmation {
  switch (result.outcome) {
    case 'found':
      return { outcome: 'confirmed', orderReference: referenceOf(result.payment.order?.orderReference ?? null) };
    case 'unknown':
      return { outcome: 'unknown' };
    case 'failed': {
      // Resurs' own text is left out: strangers cause these lines.
      const { operation, kind, status } = result.failure;
      return unavailable(`${operation}: ${kind}${status === null ? '' : `, HTTP ${status}`}`);
    }
  }
}

function referenceOf(text: string | null): string | null {
  return text === null || text.length > MAX_REFERENCE_LENGTH ? null : storable(text);
}

function unavailable(reason: string): Confirmation {
  return { outcome: 'unavailable', reason };
}
