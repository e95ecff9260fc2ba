/**
 * A scripted AfterShopFlowService: findPayments and getPayment over payments that a test holds and changes. It counts
 * pages from 1 and refuses page 0, and each answer names a customer, who must never come out.
 */
import * as http from 'node:http';
import type { TestContext } from 'node:test';
import { type Responder, respondXml } from './fake-account.ts';
import { listenForTest } from './listen.ts';

export interface HeldPayment {
  readonly booked: Date;
  /** Null: never since it was booked. */
  readonly modified: Date | null;
  readonly frozen: boolean;
  readonly statuses: readonly string[];
}

/** A call in one line: `findPayments modified 2026-11-20T12:00:00.000Z 1`, `getPayment p-1`. */
export type CallLine = string;

export interface EcomPayments {
  readonly url: string;
  /** By their ids. */
  readonly payments: Map<string, HeldPayment>;
  readonly calls: CallLine[];
  /** Answers instead, where it returns a responder. Called before each answer, so it may change payments. */
  answer: (call: CallLine) => Responder | null | Promise<Responder | null>;
  /** By Resurs' clock. */
  now: Date;
}

export const CUSTOMER = 'Vincent Williamsson';

/** Starts the service without payments; it is closed after the test. */
export async function startEcomPayments(t: TestContext, now: Date): Promise<EcomPayments> {
  const server = http.createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const call = callOf(body);
    service.calls.push(call);
    const respond = (await service.answer(call)) ?? respondXml(...answerTo(service, call, body));
    response.setHeader('date', service.now.toUTCString());
    respond(response);
  });
  const { url } = await listenForTest(t, server);
  const service: EcomPayments = { url, payments: new Map(), calls: [], answer: () => null, now };
  return service;
}

/** A fault with one of Resurs' errors. */
export function fault(id: number): string {
  return envelope(`<s:Fault><faultcode>s:Server</faultcode><faultstring>${CUSTOMER}</faultstring><detail>
<e:ECommerceError xmlns:e="http://ecommerce.resurs.com/v4/msg/exception"><errorTypeId>${id}</errorTypeId>
<userErrorMessage>${CUSTOMER}</userErrorMessage></e:ECommerceError></detail></s:Fault>`);
}

function callOf(body: string): CallLine {
  const time = /<(modified|booked)From>/.exec(body)?.[1];
  if (time === undefined) return `getPayment ${textIn(body, 'paymentId')}`;
  return `findPayments ${time} ${textIn(body, `${time}From`)} ${textIn(body, 'pageNumber')}`;
}

function answerTo({ payments }: EcomPayments, call: CallLine, body: string): [status: number, body: string] {
  const [operation, subject = '', from = '', page = ''] = call.split(' ');
  if (operation === 'getPayment') {
    const payment = payments.get(subject);
    return payment === undefined ? [500, fault(8)] : [200, response('getPayment', one(subject, payment))];
  }
  const time = subject === 'booked' ? 'booked' : 'modified';
  const number = Number(page);
  if (number === 0) return [500, fault(1)];
  const size = Number(textIn(body, 'itemsPerPage'));
  const found = [...payments]
    .flatMap(([id, payment]) => (payment[time] === null ? [] : [{ id, payment, at: payment[time] }]))
    .filter(({ at }) => at >= new Date(from))
    .sort((a, b) => a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : 1))
    .slice((number - 1) * size, number * size);
  return [200, response('findPayments', found.map(({ id, payment }) => listed(id, payment)).join(''))];
}

function one(id: string, payment: HeldPayment): string {
  return `<return><id>${id}</id><totalAmount>30.000</totalAmount><customer><fullName>${CUSTOMER}</fullName></customer>
${rest(payment)}</return>`;
}

function listed(id: string, payment: HeldPayment): string {
  return `<return><paymentId>${id}</paymentId><fullName>${CUSTOMER}</fullName>${rest(payment)}</return>`;
}

function rest({ booked, modified, frozen, statuses }: HeldPayment): string {
  const changed = modified === null ? '' : `<modified>${modified.toISOString()}</modified>`;
  const words = statuses.map((status) => `<status>${status}</status>`).join('');
  return `<booked>${booked.toISOString()}</booked>${changed}<frozen>${frozen}</frozen>${words}`;
}

function response(operation: string, content: string): string {
  return envelope(
    `<a:${operation}Response xmlns:a="http://ecommerce.resurs.com/v4/msg/aftershopflow">${content}</a:${operation}Response>`,
  );
}

function envelope(content: string): string {
  return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${content}</s:Body></s:Envelope>`;
}

function textIn(body: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1] ?? '';
}
