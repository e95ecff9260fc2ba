/**
 * Plans what happens to the payments, from the seed alone: eCom payments that are frozen, lifted, frozen again, debited,
 * credited, annulled; one in five is the Merchant API's, decided, changed, captured in parts, refunded, cancelled. Pure.
 */
import type { Random } from '../../src/lib/clock.ts';
import { type PlannedCallback, plannedCallback, updateBody } from '../../src/simulator/callbacks.ts';
import { authorization, management } from '../../src/simulator/mapi/callbacks.ts';
import { uuidFrom } from '../../src/simulator/mapi/ids.ts';
import type { MapiSequence } from '../../src/simulator/mapi/run.ts';
import { paymentOf } from '../../src/simulator/mapi/scenario.ts';
import type { CallbackSequence } from '../../src/simulator/scenario.ts';
import { pick, randomFor } from '../../test/harness/random.ts';

export interface Lives {
  readonly ecom: readonly CallbackSequence[];
  readonly mapi: readonly MapiSequence[];
}

export interface LivesOptions {
  readonly seed: number;
  /** At least so many in all. */
  readonly callbacks: number;
  readonly nowMs: number;
}

const SHARE_OF_ECOM = 0.8;

/** Plans them. */
export function planLives({ seed, callbacks, nowMs }: LivesOptions): Lives {
  const ofEcom = Math.round(callbacks * SHARE_OF_ECOM);
  return {
    ecom: until(ofEcom, (index) => ecomLife(`E-${index}`, randomFor(seed, 'ecom', index), nowMs)),
    mapi: until(callbacks - ofEcom, (index) => mapiLife(`M-${index}`, randomFor(seed, 'mapi', index), nowMs)),
  };
}

function until<C>(count: number, lifeOf: (index: number) => readonly C[]): (readonly C[])[] {
  const lives: (readonly C[])[] = [];
  for (let planned = 0; planned < count; planned += lives.at(-1)?.length ?? 1) lives.push(lifeOf(lives.length));
  return lives;
}

function ecomLife(paymentId: string, random: Random, nowMs: number): CallbackSequence {
  const { freeze, lift, plain, update } = ecomCallbacks(paymentId, nowMs);
  const holds = [[], [], [freeze(1), lift('UNFREEZE', 1)], [freeze(1), lift('THAWED', 1)], [freeze(1)]];
  const again = [freeze(1), lift('UNFREEZE', 1), freeze(2), lift('THAWED', 2)];
  const hold = pick(random, [...holds, again]) ?? [];
  const ends = [[], [plain('ANNULMENT')], [update('ANNUL')]];
  const debits = [
    [plain('FINALIZATION')],
    [update('DEBIT'), plain('FINALIZATION')],
    [update('DEBIT'), update('CREDIT')],
    [plain('FINALIZATION'), update('CREDIT')],
  ];
  // A payment on hold is not debited.
  const isOnHold = hold.length === 1;
  return [plain('BOOKED'), ...hold, ...(pick(random, isOnHold ? ends : [...ends, ...debits]) ?? [])];
}

function ecomCallbacks(paymentId: string, nowMs: number) {
  const named = (fact: string, type: PlannedCallback['type'], rest: Partial<PlannedCallback> = {}) =>
    plannedCallback(type, paymentId, { fact: `${fact} ${paymentId}`, ...rest });
  return {
    plain: (type: PlannedCallback['type']) => named(type, type),
    freeze: (time: number) => named(`FROZEN ${time}`, 'AUTOMATIC_FRAUD_CONTROL', { result: 'FROZEN' }),
    lift: (word: 'UNFREEZE' | 'THAWED', time: number) =>
      word === 'UNFREEZE'
        ? named(`UNFREEZE ${time}`, 'UNFREEZE')
        : named(`THAWED ${time}`, 'AUTOMATIC_FRAUD_CONTROL', { result: 'THAWED' }),
    update(change: 'DEBIT' | 'CREDIT' | 'ANNUL') {
      const body = updateBody(change === 'ANNUL' ? 'ANNUL' : 'DEBIT', paymentId, nowMs);
      return named(`UPDATE ${change}`, 'UPDATE', { body: body.replace('"DEBIT"', `"${change}"`) });
    },
  };
}

function mapiLife(orderReference: string, random: Random, nowMs: number): MapiSequence {
  const payment = paymentOf(orderReference);
  let step = 0;
  const created = () => {
    step += 1;
    return new Date(nowMs + step).toISOString();
  };
  const decided = (status: string) => authorization(payment, { status, created: created() });
  const acted = (action: string, isPart = false) => {
    const named = { action, actionId: uuidFrom(action, orderReference, String(step)), created: created() };
    return management(payment, named, { amount: isPart ? { units: 100n, scale: 0 } : null });
  };
  const beginning = pick(random, ['AUTHORIZED', 'AUTHORIZED', 'FROZEN', 'FROZEN', 'REJECTED', 'CAPTURED']) ?? '';
  const begun = [decided(beginning)];
  if (beginning === 'REJECTED') return begun;
  if (beginning === 'CAPTURED') return [...begun, ...(random() < 0.5 ? [acted('REFUND')] : [])];
  if (beginning === 'FROZEN') {
    if (random() < 0.2) return begun;
    begun.push(decided('AUTHORIZED'));
  }
  switch (pick(random, ['open', 'frozen', 'modified', 'cancelled', 'parts', 'refunded'])) {
    case 'frozen':
      return [...begun, decided('FROZEN')];
    case 'modified':
      return [...begun, acted('MODIFY_ORDER')];
    case 'cancelled':
      return [...begun, acted('CANCEL')];
    case 'parts':
      return [...begun, acted('CAPTURE', true), acted('CAPTURE')];
    case 'refunded':
      return [...begun, acted('CAPTURE'), acted('REFUND', true), acted('REFUND')];
    default:
      return begun;
  }
}
