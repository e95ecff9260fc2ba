/**
 * The responses to Resurs: the table of the shop plugins as data (docs/protocol.md). None is 200 or a redirect. Proxies
 * may replace reason phrases and 204 has no body, so every response repeats its facts in headers.
 */
import type { Provider } from '../db/schema.ts';

export interface CallbackResponse {
  readonly status: number;
  readonly reason: string;
  /** Whether the receiver is alive and nothing went wrong; missing: the status decides. */
  readonly isAlive?: boolean;
}

/** Responses by the outcome of the callback; the names are also the `outcome` of log lines and metrics. */
export const RESPONSES = {
  source_not_allowed: { status: 403, reason: 'Source not allowed.' },
  unauthorized: { status: 401, reason: 'Unauthorized.' },
  unknown_path: { status: 404, reason: 'Not found.' },
  wrong_method: { status: 405, reason: 'Method not allowed.' },
  malformed: { status: 400, reason: 'Malformed callback.' },
  digest_rejected: { status: 406, reason: 'Digest rejected.' },
  body_too_large: { status: 413, reason: 'Body too large.' },
  body_too_slow: { status: 408, reason: 'Body too slow.' },
  not_ours: { status: 410, reason: 'Order is not ours.' },
  not_ours_accepted: { status: 202, reason: 'Order is not ours, but it is still accepted.' },
  recorded: { status: 204, reason: 'OK' },
  duplicate: { status: 204, reason: 'OK' },
  test_taken: { status: 204, reason: 'Test OK' },
  try_again: { status: 503, reason: 'Try again.' },
  unhandled: { status: 500, reason: 'Unhandled error.' },
} as const satisfies Record<string, CallbackResponse>;

export type FixedResponseName = keyof typeof RESPONSES;
/** `mocked`: an operator chose status and reason. */
export type ResponseName = FixedResponseName | 'mocked';

/** Statuses that plugins return to Resurs in normal operation: the receiver is alive and nothing went wrong. */
const ALIVE_STATUSES = new Set([202, 204, 406, 410]);
/** For people and other clients: Resurs retries by its own schedule. */
const RETRY_AFTER_SECONDS = '30';

function isAlive(response: CallbackResponse): boolean {
  return response.isAlive ?? ALIVE_STATUSES.has(response.status);
}

/** Renders the JSON body. A 204 has no body, so callers leave it out. */
export function responseBody(response: CallbackResponse, callbackType: string): string {
  const { status, reason } = response;
  const aliveConfirm = isAlive(response);
  const errors = aliveConfirm ? { code: 0, message: '' } : { code: status, message: reason };
  return JSON.stringify({ aliveConfirm, actual: callbackType, digestCode: status, errors });
}

/** Returns the reason phrase: the reason with `?` for each character outside ASCII, which headers cannot hold safely. */
export function reasonPhrase({ reason }: CallbackResponse): string {
  return reason.replace(/[^ -~]/gu, '?');
}

/** The Merchant API's callbacks come by POST alone, and no Basic is asked of them. */
const PROVIDER_HEADERS: Readonly<Record<Provider, Readonly<Record<number, Readonly<Record<string, string>>>>>> = {
  'resurs-ecom': {
    401: { 'www-authenticate': 'Basic realm="callbacks", charset="UTF-8"' },
    405: { allow: 'GET, POST' },
  },
  'resurs-mapi': { 405: { allow: 'POST' } },
};

/** Returns the headers. `callbackType` is a valid type or empty, so it is safe in a header. */
export function responseHeaders(
  response: CallbackResponse,
  callbackType: string,
  provider: Provider,
): Record<string, string> {
  const { status } = response;
  return {
    'x-callback-actual': callbackType,
    'x-callback-digest-code': String(status),
    'x-callback-reason': reasonPhrase(response),
    'x-callback-alive-confirm': String(isAlive(response)),
    'cache-control': 'no-store',
    ...(status === 503 ? { 'retry-after': RETRY_AFTER_SECONDS } : {}),
    ...PROVIDER_HEADERS[provider][status],
  };
}
