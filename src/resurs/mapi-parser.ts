/**
 * Parses the responses of the Merchant API. Only what is needed has to be there: Resurs adds members without notice, and
 * leaves out many. Nothing about a customer is read.
 */
import { type Decimal, ZERO } from '../lib/decimal.ts';
import { JsonNumber, parseExactJson } from '../lib/exact-json.ts';
import { field, isJsonObject, listField, matchingField, textField } from '../lib/json-fields.ts';
import { parseLooseTime } from '../lib/loose-time.ts';
import type { MapiAction, MapiOrder, MapiPayment } from '../payments/mapi-payment.ts';
import type { ParseResult } from './rest-response.ts';

/** A word of Resurs; any other text may be about a customer. */
const WORD = /^[\w.-]{1,64}$/;
const ID = /^[A-Za-z0-9-]{1,64}$/;
/** Resurs takes 36 letters, digits, - and _; no text that can be stored is refused. */
const ORDER_REFERENCE = /^\P{Cc}{1,255}$/u;

/** Parses a payment. */
export function parseMapiPayment(text: string): ParseResult<MapiPayment> {
  const parsed = parseExactJson(text);
  return isJsonObject(parsed) ? paymentIn(parsed) : unreadable('is not a JSON object');
}

/** Parses the payments of a search; those of an unknown shape are left out. */
export function parseMapiSearch(text: string): ParseResult<readonly MapiPayment[]> {
  const content = field(parseExactJson(text), 'content');
  if (!Array.isArray(content)) return unreadable('has no list of payments');
  const payments = content.map((entry: unknown) => (isJsonObject(entry) ? paymentIn(entry) : unreadable('')));
  return { outcome: 'read', value: payments.flatMap((one) => (one.outcome === 'read' ? [one.value] : [])) };
}

/** Parses the ids of the stores. */
export function parseMapiStores(text: string): ParseResult<readonly string[]> {
  const content = field(parseExactJson(text), 'content');
  if (!Array.isArray(content)) return unreadable('has no list of stores');
  return { outcome: 'read', value: content.flatMap((entry: unknown) => matchingField(entry, 'id', ID) ?? []) };
}

/** What became of a test callback: Resurs' word, and the status that the receiver answered. */
export interface TestCallbackReport {
  /** OK, FAILED, INVALID_URL, ERROR, TIMEOUT, RATE_LIMITED, or a word that was added since. */
  readonly status: string;
  readonly code: number | null;
}

/** Parses the response to a test callback. */
export function parseTestCallback(text: string): ParseResult<TestCallbackReport> {
  const parsed = parseExactJson(text);
  const status = textField(parsed, 'status');
  if (status === null) return unreadable('has no status');
  const code = field(parsed, 'code');
  return { outcome: 'read', value: { status, code: code instanceof JsonNumber ? Number(code.text) : null } };
}

function paymentIn(payment: object): ParseResult<MapiPayment> {
  const [id, status] = [matchingField(payment, 'id', ID), matchingField(payment, 'status', WORD)];
  if (id === null) return unreadable('has a payment without an id');
  if (status === null) return unreadable('has a payment without a status');
  const order = orderIn(field(payment, 'order'));
  if (order.outcome === 'unreadable') return order;
  const rejectedReason = matchingField(field(payment, 'rejectedReason'), 'category', WORD);
  const createdAt = timeIn(payment);
  return { outcome: 'read', value: { id: id.toLowerCase(), createdAt, status, order: order.value, rejectedReason } };
}

const AMOUNTS = ['totalOrderAmount', 'canceledAmount', 'authorizedAmount', 'capturedAmount', 'refundedAmount'] as const;

function orderIn(order: unknown): ParseResult<MapiOrder | null> {
  if (!isJsonObject(order)) return { outcome: 'read', value: null };
  const [totalOrderAmount, canceledAmount, authorizedAmount, capturedAmount, refundedAmount] = AMOUNTS.map((name) =>
    amountIn(field(order, name)),
  );
  if (!totalOrderAmount || !canceledAmount || !authorizedAmount || !capturedAmount || !refundedAmount) {
    return unreadable('has an amount that is no number');
  }
  return {
    outcome: 'read',
    value: {
      orderReference: matchingField(order, 'orderReference', ORDER_REFERENCE),
      totalOrderAmount,
      canceledAmount,
      authorizedAmount,
      capturedAmount,
      refundedAmount,
      possibleActions: listField(order, 'possibleActions').flatMap((entry) => textField(entry, 'action') ?? []),
      actionLog: listField(order, 'actionLog').flatMap(actionIn),
    },
  };
}

/** An amount that is missing is none; one that is no number makes the order unreadable, so that nothing is guessed. */
function amountIn(value: unknown): Decimal | null {
  if (value === undefined || value === null) return ZERO;
  return value instanceof JsonNumber ? value.decimal : null;
}

function actionIn(entry: unknown): MapiAction[] {
  const type = matchingField(entry, 'type', WORD);
  if (type === null) return [];
  return [{ actionId: matchingField(entry, 'actionId', ID)?.toLowerCase() ?? null, type, createdAt: timeIn(entry) }];
}

function timeIn(entry: unknown): Date | null {
  const text = textField(entry, 'created');
  return text === null ? null : parseLooseTime(text);
}

function unreadable(problem: string): { readonly outcome: 'unreadable'; readonly problem: string } {
  return { outcome: 'unreadable', problem };
}
