/** Helpers for tests of snapshots: services with an account, a Resurs of each interface, and events of the Merchant API. */
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { openDatabase } from '../../src/db/client.ts';
import { recordBatch } from '../../src/inbox/record.ts';
import { type MerchantApi, startMerchantApi } from '../harness/merchant-api.ts';
import { webhookEnv } from '../helpers/deliveries.ts';
import { ACCOUNT, type Responder, respondXml, startFakeServer } from '../helpers/fake-account.ts';
import { type Received, startMerchant } from '../helpers/merchant.ts';
import { newBatchRow } from '../helpers/outbox.ts';
import { queryOnce, startTestService, type TestService } from '../helpers/service.ts';
import { CUSTOMER_WORDS, paymentResponse, paymentXml, UNKNOWN_PAYMENT } from '../resurs/payment-responses.ts';

/** What the Merchant API of the tests says of the customer. */
const MAPI_CUSTOMER_WORDS = ['198305147715', 'customer@example.com', 'NATURAL'];

/** The part of a request's `data` that snapshots are about. */
export interface SentData {
  readonly paymentId: string;
  readonly sequence: number;
  readonly orderReference: string | null;
  readonly order: Readonly<Record<string, unknown>>;
  readonly payment?: (Readonly<Record<string, unknown>> & { readonly readAt: string }) | null;
  readonly paymentError?: string;
}

export function dataOf({ body }: Received): SentData {
  return JSON.parse(body).data;
}

/** Resurs' eCom interface: it knows every payment, as authorised, unless the test says otherwise. */
export async function startEcom(t: TestContext) {
  let answer: Responder | null = null;
  const server = await startFakeServer(t, (response) => (answer ?? answerKnown)(response));
  function answerKnown(response: Parameters<Responder>[0]): void {
    const id = /<paymentId>([^<]*)</.exec(server.requests.at(-1)?.body ?? '')?.[1] ?? '';
    const members = paymentXml({ id, statuses: ['DEBITABLE'], diffs: '' });
    respondXml(200, paymentResponse(members))(response);
  }
  return {
    requests: server.requests,
    answerKnown,
    env: { RESURS_USERNAME: ACCOUNT.username, RESURS_PASSWORD: ACCOUNT.password, RESURS_SOAP_URL: server.baseUrl },
    answerWith(respond: Responder | null) {
      answer = respond;
    },
  };
}

export const UNKNOWN = respondXml(500, UNKNOWN_PAYMENT);

/** The Merchant API; closed after the test. */
export async function startMapi(t: TestContext): Promise<MerchantApi & { readonly env: Record<string, string> }> {
  const api = await startMerchantApi();
  t.after(() => api.close());
  const env = { MAPI_CLIENT_ID: api.clientId, MAPI_CLIENT_SECRET: api.clientSecret, MAPI_URL: api.url };
  return Object.assign(api, { env });
}

interface Places {
  readonly merchantUrl: string;
  /** A database of its own, unless given. */
  readonly databaseUrl?: string;
  /** The same database, where the service reaches it over a proxy. */
  readonly directUrl?: string;
}

/** A service that delivers with snapshots. Afterwards nothing of a customer is in its log or database. */
export async function startWithSnapshots(
  t: TestContext,
  env: Record<string, string>,
  { databaseUrl, directUrl, merchantUrl }: Places,
): Promise<TestService> {
  const all = webhookEnv(merchantUrl, { PAYMENT_SNAPSHOT: 'on', ...env });
  const receiver = await startTestService(t, { env: all, ...(databaseUrl === undefined ? {} : { databaseUrl }) });
  t.after(() => assertNoCustomer(receiver, directUrl ?? receiver.databaseUrl));
  return receiver;
}

async function assertNoCustomer(receiver: TestService, url: string): Promise<void> {
  const tables = ['events', 'outbox', 'deliveries', 'attempts'];
  const rows = await Promise.all(tables.map((table) => queryOnce(url, `select * from ${table}`)));
  const everything = receiver.logText() + JSON.stringify(rows);
  for (const word of [...CUSTOMER_WORDS, ...MAPI_CUSTOMER_WORDS, ACCOUNT.password]) {
    if (everything.includes(word)) throw new Error(`${word} is in the log or in the database`);
  }
}

/** A merchant, both interfaces of Resurs, and a service. */
export async function setup(
  t: TestContext,
  env: Record<string, string> = {},
  database: Omit<Places, 'merchantUrl'> = {},
) {
  const [merchant, ecom, mapi] = await Promise.all([startMerchant(t), startEcom(t), startMapi(t)]);
  const both = { ...ecom.env, ...mapi.env, ...env };
  const first = { merchantUrl: merchant.url, ...database };
  const receiver = await startWithSnapshots(t, both, first);
  /** Starts another service on the same database. */
  const next = (more: Record<string, string> = {}) =>
    startWithSnapshots(t, { ...both, ...more }, { merchantUrl: merchant.url, databaseUrl: receiver.databaseUrl });
  return { merchant, ecom, mapi, receiver, next };
}

/** Stores an event of the Merchant API, as its callback does, without order reference. Its delivery is due. */
export async function storeMapiEvents(
  receiver: Pick<TestService, 'databaseUrl'>,
  ...paymentIds: string[]
): Promise<void> {
  const db = openDatabase({ connectionString: receiver.databaseUrl, poolSize: 1, onConnectionError: () => undefined });
  try {
    for (const paymentId of paymentIds) {
      const row = newBatchRow(paymentId, {
        provider: 'resurs-mapi',
        orderReference: null,
        callback: 'AUTHORIZATION',
        type: 'payment.authorized',
        result: 'AUTHORIZED',
        method: 'POST',
      });
      const claims = { max: 0, token: randomUUID(), leaseMs: 0 };
      await recordBatch(db, [row], { maxEventsPerPayment: 0, claims });
    }
  } finally {
    await db.close();
  }
}
