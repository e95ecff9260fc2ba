/**
 * The payments that the fake Resurs holds, for getPayment and findPayments. A payment begins with its first callback and follows the
 * callbacks of its life: what they report has happened at Resurs before the first of them is sent. A forged callback is
 * none of Resurs', and a repeat changes nothing. Amounts are invented where no callback names them.
 */
import { add, type Decimal, isPositive, parseDecimal, subtract, sum, ZERO } from '../lib/decimal.ts';
import type { PlannedCallback } from './callbacks.ts';
import type { CallbackSequence } from './scenario.ts';

export type ChangeType = 'AUTHORIZE' | 'DEBIT' | 'CREDIT' | 'ANNUL';

export interface FakeChange {
  readonly type: ChangeType;
  readonly amount: Decimal;
  readonly createdMs: number;
}

export interface FakePayment {
  readonly id: string;
  readonly frozen: boolean;
  /** What is left of the order. */
  readonly totalAmount: Decimal;
  readonly statuses: readonly string[];
  readonly changes: readonly FakeChange[];
  readonly bookedMs: number;
  /** When it was frozen, unfrozen or changed last; null: never since it was booked. */
  readonly modifiedMs: number | null;
  /** When it was debited last; null: never. */
  readonly finalizedMs: number | null;
}

export interface FakePayments {
  /** Notes what the payments of a scenario come to, before any of its callbacks is sent. */
  plan(scenario: readonly CallbackSequence[]): void;
  /** Does what a callback reports. */
  apply(callback: PlannedCallback): void;
  /** Null for a payment of which no callback was sent. */
  find(paymentId: string): FakePayment | null;
  /** All of them, the first one first. */
  list(): readonly FakePayment[];
}

interface Life {
  readonly bookedMs: number;
  modifiedMs: number | null;
  frozen: boolean;
  readonly changes: FakeChange[];
  /** What was reported already. */
  readonly known: Set<string>;
}

/** The amount of an order of which no callback names one. */
const USUAL_TOTAL: Decimal = { units: 25n, scale: 0 };

/** Creates it without payments. */
export function createFakePayments(now: () => number): FakePayments {
  const totals = new Map<string, Decimal>();
  const lives = new Map<string, Life>();
  return {
    plan(scenario) {
      for (const [paymentId, debited] of debitedBy(scenario)) if (isPositive(debited)) totals.set(paymentId, debited);
    },
    apply(callback) {
      const { paymentId } = callback;
      if (paymentId === null || callback.fault === 'wrong_digest') return;
      const life = lives.get(paymentId) ?? beginLife(totals.get(paymentId) ?? USUAL_TOTAL, now());
      lives.set(paymentId, life);
      const reported = `${callback.fact} ${callback.result} ${callback.body}`;
      if (!life.known.has(reported)) applyTo(life, callback, now());
      life.known.add(reported);
    },
    find(paymentId) {
      const life = lives.get(paymentId);
      return life === undefined ? null : paymentOf(paymentId, life);
    },
    list: () => [...lives].map(([paymentId, life]) => paymentOf(paymentId, life)),
  };
}

function beginLife(total: Decimal, bookedMs: number): Life {
  const booked = { type: 'AUTHORIZE', amount: total, createdMs: bookedMs } as const;
  return { bookedMs, modifiedMs: null, frozen: false, changes: [booked], known: new Set() };
}

function applyTo(life: Life, { type, result, body }: PlannedCallback, createdMs: number): void {
  const open = openAmount(life.changes);
  const change = (changeType: ChangeType, amount: Decimal) => {
    if (!isPositive(amount)) return;
    life.changes.push({ type: changeType, amount, createdMs });
    life.modifiedMs = createdMs;
  };
  const freeze = (frozen: boolean) => {
    if (life.frozen !== frozen) life.modifiedMs = createdMs;
    life.frozen = frozen;
  };
  switch (type) {
    case 'AUTOMATIC_FRAUD_CONTROL':
      if (result === 'FROZEN' || result === 'THAWED') freeze(result === 'FROZEN');
      break;
    case 'UNFREEZE':
      freeze(false);
      break;
    case 'ANNULMENT':
      change('ANNUL', open);
      break;
    case 'FINALIZATION':
      change('DEBIT', open);
      break;
    case 'UPDATE': {
      const diff = diffIn(body);
      if (diff !== null) change(diff.type, diff.amount ?? open);
      break;
    }
    case 'BOOKED':
    case 'TEST':
      break;
  }
}

/** What may still be debited. */
function openAmount(changes: readonly FakeChange[]): Decimal {
  return subtract(sumOf(changes, 'AUTHORIZE'), add(sumOf(changes, 'DEBIT'), sumOf(changes, 'ANNUL')));
}

function sumOf(changes: readonly FakeChange[], type: ChangeType): Decimal {
  return sum(changes.filter((change) => change.type === type).map(({ amount }) => amount));
}

/** A frozen payment keeps DEBITABLE, so a client has to heed `frozen` first. */
function paymentOf(id: string, { frozen, changes, bookedMs, modifiedMs }: Life): FakePayment {
  const [debited, credited, annulled] = (['DEBIT', 'CREDIT', 'ANNUL'] as const).map((type) => sumOf(changes, type));
  const statuses = [
    ['DEBITABLE', openAmount(changes)],
    ['CREDITABLE', subtract(debited ?? ZERO, credited ?? ZERO)],
    ['IS_DEBITED', debited ?? ZERO],
    ['IS_CREDITED', credited ?? ZERO],
    ['IS_ANNULLED', annulled ?? ZERO],
  ] as const;
  const totalAmount = subtract(sumOf(changes, 'AUTHORIZE'), add(credited ?? ZERO, annulled ?? ZERO));
  return {
    id,
    frozen,
    totalAmount,
    statuses: statuses.filter(([, amount]) => isPositive(amount)).map(([status]) => status),
    changes,
    bookedMs,
    modifiedMs,
    finalizedMs: changes.findLast(({ type }) => type === 'DEBIT')?.createdMs ?? null,
  };
}

/** The sum of the debits that a scenario has of each payment, each once. */
function debitedBy(scenario: readonly CallbackSequence[]): ReadonlyMap<string, Decimal> {
  const bodies = new Map<string, Set<string>>();
  for (const { paymentId, body } of scenario.flat()) {
    if (paymentId !== null && body !== null) bodies.set(paymentId, (bodies.get(paymentId) ?? new Set()).add(body));
  }
  return new Map(
    [...bodies].map(([paymentId, ofPayment]) => [paymentId, sum([...ofPayment].map((body) => debitIn(body)))]),
  );
}

function debitIn(body: string): Decimal {
  const diff = diffIn(body);
  return diff?.type === 'DEBIT' ? (diff.amount ?? ZERO) : ZERO;
}

/** Reads the change of an UPDATE; an amount of null stands for everything that is open. */
function diffIn(body: string | null): { readonly type: ChangeType; readonly amount: Decimal | null } | null {
  const parsed: { paymentDiff?: { type?: unknown; paymentSpecification?: { totalAmount?: unknown } } } | null =
    body === null ? null : JSON.parse(body);
  const type = (['AUTHORIZE', 'DEBIT', 'CREDIT', 'ANNUL'] as const).find(
    (known) => known === parsed?.paymentDiff?.type,
  );
  const amount = parsed?.paymentDiff?.paymentSpecification?.totalAmount;
  if (type === undefined) return null;
  return { type, amount: typeof amount === 'number' ? parseDecimal(String(amount)) : null };
}
