/** Parts of a run that find what a test says, in place of those that ask Resurs; and what they find. */
import type { Provider } from '../../src/db/schema.ts';
import type { Fact } from '../../src/events/order-state.ts';
import type { CheckedAs, PartResult } from '../../src/reconciliation/part.ts';
import type { Parts } from '../../src/reconciliation/parts.ts';
import type { ProviderPart } from '../../src/reconciliation/run.ts';
import type { MissedPayment } from '../../src/reconciliation/to-event.ts';

const READ_AT = new Date('2026-11-20T12:00:00.000Z');

/** A payment of which these facts were missed. */
export function missedPayment(
  paymentId: string,
  facts: readonly Fact[],
  more: Partial<MissedPayment> = {},
): MissedPayment {
  return {
    provider: 'resurs-ecom',
    paymentId,
    missed: { facts, actions: [] },
    follows: null,
    payment: {
      readAt: READ_AT,
      state: 'annulled',
      frozen: false,
      orderReference: paymentId,
      statuses: ['IS_ANNULLED'],
      amounts: null,
      rejectedReason: null,
    },
    ...more,
  };
}

export const DONE: PartResult = { outcome: 'done', clockDifferenceMs: 0 };

/** How Resurs cannot be asked. */
export const UNREACHABLE: PartResult = {
  outcome: 'failed',
  failure: {
    channel: 'SOAP',
    operation: 'findPayments',
    kind: 'unreachable',
    status: null,
    code: null,
    text: 'connect ECONNREFUSED',
  },
};

/** A part that reports these payments, counts those, and ends so. */
export function scriptedPart(
  found: readonly MissedPayment[],
  { provider = 'resurs-ecom', others = [], result = DONE }: ScriptOptions = {},
): ProviderPart {
  return {
    provider,
    async check({ report, onChecked, signal }) {
      for (const as of others) onChecked(as);
      for (const one of found) {
        signal.throwIfAborted();
        onChecked(await report(one));
      }
      return result;
    },
  };
}

interface ScriptOptions {
  readonly provider?: Provider;
  readonly others?: readonly CheckedAs[];
  readonly result?: PartResult;
}

/** What the command and the service get. */
export function scriptedParts(...all: readonly ProviderPart[]): Parts {
  return { all, close: async () => undefined };
}
