/**
 * Parses the responses of the Merchant API. Only what is needed has to be there: Resurs adds members without notice, and
 * leaves out many. Nothing about a customer is read.
 */
import { type Decimal, ZERO } from '../lib/decimal.ts';
import { JsonNumber, parseExactJson } from '../lib/exact-json.ts';
import type { MapiAction, MapiOrder, MapiPayment } from '../payments/mapi-payment.ts';
import { NO_REMOTE_ERROR, type RemoteError } from './failure.ts';
import type { ParseResult } from './rest-response.ts';

/** Parses a payment. */
export function parseMapiPayment(text: string): ParseResult<MapiPayment> {
  const parsed = parseExactJson(text);
  return isObject(parsed) ? paymentIn(parsed) : unreadable('is not a JSON object');
}

/** Parses the payments of a search; those of an unknown shape are left out. */
export function parseMapiSearch(text: string): ParseResult<readonly MapiPayment[]> {
  const content = field(parseExactJson(text), 'content');
  if (!Array.isArray(content)) return unreadable('has no list of payments');
  const payments = content.map((entry: unknown) => (isObject(entry) ? paymentIn(entry) : unreadable('')));
  return { outcome: 'read', value: payments.flatMap((one) => (one.outcome === 'read' ? [one.value] : [])) };
}

/** Parses the ids of the stores. */
export function parseMapiStores(text: string): ParseResult<readonly string[]> {
  const content = field(parseExactJson(text), 'content');
  if (!Array.isArray(content)) return unreadable('has no list of stores');
  return { outcome: 'read', value: content.flatMap((entry: unknown) => textField(entry, 'id') ?? []) };
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

/** A token and how long it is valid, as Resurs says it; null where it does not. */
export interface GrantedToken {
  readonly accessToken: string;
  readonly expiresInSeconds: number | null;
}

/** Parses the response to a request for a token. */
export function parseToken(text: string): ParseResult<GrantedToken> {
  const parsed = parseExactJson(text);
  const accessToken = textField(parsed, 'access_token');
  if (accessToken === null || !/^[\x21-\x7e]{1,16384}$/.test(accessToken)) return unreadable('has no access_token');
  const expiresIn = field(parsed, 'expires_in');
  const seconds = expiresIn instanceof JsonNumber ? Number(expiresIn.text) : Number.parseFloat(String(expiresIn));
  return { outcome: 'read', value: { accessToken, expiresInSeconds: Number.isFinite(seconds) ? seconds : null } };
}

/**
 * Parses an error: code, message and trace id, or the first complaints about fields. An error of the token service has
 * `error` and `error_description`. Everything else in it is left out, because it may be about a customer.
 */
export function parseMapiError(text: string): RemoteError {
  const error = parseExactJson(text);
  const code = scalarField(error, 'code') ?? textField(error, 'error');
  const complaints = field(error, 'validationErrors');
  const about = Array.isArray(complaints) ? complaints.slice(0, MAX_COMPLAINTS).map(describeComplaint) : [];
  const message = textField(error, 'message') ?? textField(error, 'error_description');
  const traceId = textField(error, 'traceId');
  const parts = [message, ...about, traceId === null ? null : `traceId ${traceId}`].filter((part) => part !== null);
  return { ...NO_REMOTE_ERROR, code, text: parts.join(', ') };
}

const MAX_COMPLAINTS = 3;

function describeComplaint(complaint: unknown): string {
  return `${textField(complaint, 'fieldName') ?? 'a field'}: ${textField(complaint, 'message') ?? 'invalid'}`;
}

function paymentIn(payment: object): ParseResult<MapiPayment> {
  const [id, status] = [textField(payment, 'id'), textField(payment, 'status')];
  if (id === null) return unreadable('has a payment without an id');
  if (status === null) return unreadable('has a payment without a status');
  const order = orderIn(field(payment, 'order'));
  if (order.outcome === 'unreadable') return order;
  const rejectedReason = textField(field(payment, 'rejectedReason'), 'category');
  return { outcome: 'read', value: { id: id.toLowerCase(), status, order: order.value, rejectedReason } };
}

/** An amount that is missing is none; one that is no number makes the order unreadable, so that nothing is guessed. */
function orderIn(order: unknown): ParseResult<MapiOrder | null> {
  if (!isObject(order)) return { outcome: 'read', value: null };
  const amount = (name: string): Decimal | null => {
    const value = field(order, name) ?? null;
    if (value === null) return ZERO;
    return value instanceof JsonNumber ? value.decimal : null;
  };
  const totalOrderAmount = amount('totalOrderAmount');
  const canceledAmount = amount('canceledAmount');
  const authorizedAmount = amount('authorizedAmount');
  const capturedAmount = amount('capturedAmount');
  const refundedAmount = amount('refundedAmount');
  if (
    totalOrderAmount === null ||
    canceledAmount === null ||
    authorizedAmount === null ||
    capturedAmount === null ||
    refundedAmount === null
  ) {
    return unreadable('has an amount that is no number');
  }
  return {
    outcome: 'read',
    value: {
      orderReference: textField(order, 'orderReference'),
      totalOrderAmount,
      canceledAmount,
      authorizedAmount,
      capturedAmount,
      refundedAmount,
      possibleActions: listIn(order, 'possibleActions').flatMap((entry) => textField(entry, 'action') ?? []),
      actionLog: listIn(order, 'actionLog').flatMap(actionIn),
    },
  };
}

function actionIn(entry: unknown): MapiAction[] {
  const type = textField(entry, 'type');
  return type === null ? [] : [{ actionId: textField(entry, 'actionId')?.toLowerCase() ?? null, type }];
}

function listIn(value: unknown, name: string): readonly unknown[] {
  const list = field(value, name);
  return Array.isArray(list) ? list : [];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function field(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}

function textField(value: unknown, name: string): string | null {
  const text = field(value, name);
  return typeof text === 'string' && text !== '' ? text : null;
}

function scalarField(value: unknown, name: string): string | null {
  const scalar = field(value, name);
  return scalar instanceof JsonNumber ? scalar.text : textField(value, name);
}

function unreadable(problem: string): { readonly outcome: 'unreadable'; readonly problem: string } {
  return { outcome: 'unreadable', problem };
}
