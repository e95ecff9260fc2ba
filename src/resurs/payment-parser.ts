/**
 * Parses the payment in a response of getPayment: only what decides about state and amounts, never the customer, the
 * address or the lines. Additions and a different order do not matter. A response that lacks something of it, or is about
 * another payment, is not guessed at.
 */
import { type Decimal, parseDecimal, ZERO } from '../lib/decimal.ts';
import type { EcomPayment, PaymentChange } from '../payments/ecom-payment.ts';
import type { ResponseElement } from './soap-call.ts';
import { childNamed, childrenNamed, textOf } from './xml.ts';

/** `problem` completes "the response …" and repeats nothing of it. */
export type ParsedPayment =
  | { readonly outcome: 'read'; readonly payment: EcomPayment }
  | { readonly outcome: 'unreadable'; readonly problem: string };

/** Never thrown out of this file. */
class Unreadable extends Error {}

/** Parses the response about the payment with this id. Never throws. */
export function parsePayment(response: ResponseElement, paymentId: string): ParsedPayment {
  try {
    return { outcome: 'read', payment: readPayment(response, paymentId) };
  } catch (error) {
    if (error instanceof Unreadable) return { outcome: 'unreadable', problem: error.message };
    // Elements that are nested too deeply for the parser's own recursion.
    if (error instanceof RangeError) return { outcome: 'unreadable', problem: 'is nested too deeply' };
    throw error;
  }
}

function readPayment(response: ResponseElement, paymentId: string): EcomPayment {
  const element = childNamed(response, 'return');
  if (element === null) throw new Unreadable('has no payment');
  const id = textOf(element, 'id')?.trim() ?? '';
  if (id.toLowerCase() !== paymentId.trim().toLowerCase()) throw new Unreadable('is about another payment');
  return {
    id,
    totalAmount: amountIn(element, 'totalAmount'),
    frozen: isFrozen(textOf(element, 'frozen')),
    statuses: readStatuses(element),
    changes: childrenNamed(element, 'paymentDiffs').map(changeOf),
  };
}

/** A change without an amount changes none; the callback UPDATE has such annulments. */
function changeOf(element: ResponseElement): PaymentChange {
  const type = textOf(element, 'type')?.trim() ?? '';
  const specification = childNamed(element, 'paymentSpec');
  const hasAmount = specification !== null && textOf(specification, 'totalAmount') !== null;
  return { type, amount: hasAmount ? amountIn(specification, 'totalAmount') : ZERO };
}

function amountIn(element: ResponseElement, name: string): Decimal {
  const amount = parseDecimal(textOf(element, name) ?? '');
  if (amount === null) throw new Unreadable(`has no amount in ${name}`);
  return amount;
}

function isFrozen(text: string | null): boolean {
  const frozen = readBoolean(text);
  if (frozen === null) throw new Unreadable('does not say whether the payment is frozen');
  return frozen;
}

/** Reads the two spellings of each boolean in XML Schema; null for any other text. */
export function readBoolean(text: string | null): boolean | null {
  const word = text?.trim();
  if (word === 'true' || word === '1') return true;
  return word === 'false' || word === '0' ? false : null;
}

/** Reads the statuses of a payment. */
export function readStatuses(element: ResponseElement): readonly string[] {
  return childrenNamed(element, 'status').flatMap(({ textContent }) => statusOf(textContent));
}

/** Resurs adds words without notice; a text that is no word is none of them. */
function statusOf(text: string | null): readonly string[] {
  const word = text?.trim() ?? '';
  return /^[A-Z][A-Z0-9_]{0,63}$/.test(word) ? [word] : [];
}
