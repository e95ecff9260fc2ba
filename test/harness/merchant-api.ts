/**
 * A Merchant API over real HTTP whose responses a test decides: the token, the payments it holds, and for any path a
 * response of another kind, such as 429, half a body, or none at all. A test callback is really sent. It keeps what was
 * asked.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Listener, listenLocally } from './listen.ts';

export interface MerchantApiRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers one request; it may also destroy the connection, or never answer. */
export type Respond = (request: MerchantApiRequest, response: ServerResponse) => void;

export interface MerchantApi {
  /** For MAPI_URL. */
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Everything that was asked, in order. */
  readonly requests: readonly MerchantApiRequest[];
  /** How often a path that begins so was asked. */
  count(pathPrefix: string): number;
  /** Holds a payment from now on. `rest` replaces the members of an authorised payment of 300.00. */
  hold(id: string, rest?: object): void;
  /** Answers requests of a path that begins so by `respond`; null: as usual again. */
  override(pathPrefix: string, respond: Respond | null): void;
  /** What a token is answered with from now on, beside `access_token`. */
  tokenMembers: object;
  /** Makes the tokens that were given so far invalid. */
  endTokens(): void;
  close(): Promise<void>;
}

/** Starts it on a free port, without payments. */
export async function startMerchantApi(): Promise<MerchantApi> {
  const payments = new Map<string, object>();
  const overrides = new Map<string, Respond>();
  const requests: MerchantApiRequest[] = [];
  const tokens = new Set<string>();
  const [clientId, clientSecret] = ['test-client', `secret-${randomUUID()}`];

  const answer: Respond = (request, response) => {
    const override = [...overrides].find(([prefix]) => request.path.startsWith(prefix));
    if (override !== undefined) return override[1](request, response);
    if (request.path === '/oauth2/token') return grant(request, response);
    if (!tokens.has(request.headers.authorization?.replace(/^Bearer /, '') ?? ''))
      return refuse(response, 401, 'UNAUTHORIZED');
    if (request.path.startsWith('/v2/payments/search')) {
      const { orderReference } = JSON.parse(request.body) as { orderReference?: string };
      const content = [...payments.values()].filter((one) => JSON.stringify(one).includes(`"${orderReference}"`));
      return respondJson(response, 200, { content });
    }
    if (request.path.startsWith('/v2/payments/')) {
      const payment = payments.get(request.path.slice('/v2/payments/'.length).toLowerCase());
      return payment === undefined ? refuse(response, 404, 'PAYMENT_NOT_FOUND') : respondJson(response, 200, payment);
    }
    if (request.path === '/v2/callbacks/test')
      return void reportOnTest(request).then((r) => respondJson(response, 200, r));
    if (request.path.startsWith('/v2/stores')) return respondJson(response, 200, { content: [{ id: 'store-1' }] });
    return refuse(response, 404, 'NOT_FOUND');
  };
  const api: { tokenMembers: object } = { tokenMembers: { token_type: 'Bearer', expires_in: 3599 } };
  const grant: Respond = ({ body }, response) => {
    const form = new URLSearchParams(body);
    if (form.get('client_id') !== clientId || form.get('client_secret') !== clientSecret) {
      return respondJson(response, 401, { error: 'invalid_client', error_description: 'Client authentication failed' });
    }
    const token = `token-${randomUUID()}`;
    tokens.add(token);
    respondJson(response, 200, { access_token: token, ...api.tokenMembers });
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const received = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
      requests.push(received);
      answer(received, response);
    });
  });
  const listener: Listener = await listenLocally(server);
  return Object.assign(api, {
    url: listener.url,
    clientId,
    clientSecret,
    requests,
    count: (prefix: string) => requests.filter(({ path }) => path.startsWith(prefix)).length,
    hold(id: string, rest: object = {}) {
      payments.set(id.toLowerCase(), { ...samplePayment(id), ...rest });
    },
    override(prefix: string, respond: Respond | null) {
      if (respond === null) overrides.delete(prefix);
      else overrides.set(prefix, respond);
    },
    endTokens: () => tokens.clear(),
    close: listener.close,
  });
}

/** Sends the test callback, whose body is empty, and says how it went, as the Merchant API does. */
async function reportOnTest({ body }: MerchantApiRequest): Promise<object> {
  const { url } = JSON.parse(body) as { url?: unknown };
  if (typeof url !== 'string' || !URL.canParse(url)) return { status: 'INVALID_URL' };
  try {
    const { ok, status } = await fetch(url, { method: 'POST', redirect: 'manual' });
    return { status: ok ? 'OK' : 'FAILED', code: status };
  } catch {
    return { status: 'ERROR' };
  }
}

/** Sends a JSON response. */
export function respondJson(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, status: number, code: string): void {
  respondJson(response, status, {
    traceId: 'trace-1',
    code,
    message: `refused: ${code}`,
    timestamp: '2026-11-20T12:00:00Z',
  });
}

/** As the Merchant API answers it; the customer is there to be left out. */
export function samplePayment(id: string): object {
  return {
    id,
    created: '2026-11-20T12:00:00.123456789Z',
    storeId: '2f1b4e0e-3f55-4ef5-8a5a-4d7d4f0d7a11',
    status: 'ACCEPTED',
    customer: { governmentId: '198305147715', email: 'customer@example.com', customerType: 'NATURAL' },
    countryCode: 'SE',
    paymentMethod: { name: 'Invoice' },
    order: {
      orderReference: `order-${id.slice(0, 8)}`,
      actionLog: [{ actionId: randomUUID(), type: 'CREATE', created: '2026-11-20T12:00:00Z', orderLines: [] }],
      possibleActions: [{ action: 'CAPTURE' }, { action: 'CANCEL' }],
      totalOrderAmount: 300,
      canceledAmount: 0,
      authorizedAmount: 300,
      capturedAmount: 0,
      refundedAmount: 0,
    },
  };
}
