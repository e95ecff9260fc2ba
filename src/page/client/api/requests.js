/**
 * Requests of the status API. Expected outcomes are tagged results; an answer is the parsed JSON.
 *
 * @typedef {{ readonly outcome: 'refused', readonly status: number, readonly code: string, readonly message: string }} Refused
 * @typedef {{ readonly outcome: 'slowed', readonly afterSeconds: number }} Slowed
 * @typedef {{ readonly outcome: 'signed_out' | 'unreachable' | 'given_up' }} NoAnswer
 */
/** @template T @typedef {{ readonly outcome: 'answered', readonly body: T } | Refused | Slowed | NoAnswer} Answer */

/**
 * @typedef {{ readonly body?: unknown, readonly idempotencyKey?: string, readonly signal?: AbortSignal, readonly shared?: boolean }} RequestOptions
 * @typedef {object} Api
 * @property {<T>(path: string, options?: RequestOptions) => Promise<Answer<T>>} get
 * @property {<T>(path: string, options?: RequestOptions) => Promise<Answer<T>>} post
 * @property {<T>(path: string, options?: RequestOptions) => Promise<Answer<T>>} remove
 * @property {() => number} now Milliseconds by the clock of the service.
 *
 * @typedef {object} ApiOptions
 * @property {typeof globalThis.fetch} fetch
 * @property {string} base Address of the status API, with a slash at its end.
 * @property {() => import('./session.js').Credentials | null} credentials
 * @property {() => number} clock Milliseconds by the clock of this machine.
 * @property {(answer: Answer<unknown>, path: string) => void} onAnswer Called with every answer.
 */

/** Longer than the service takes for any answer. */
const TIMEOUT_MS = 15_000;
/** A smaller difference between the clocks is nothing to correct: the header has whole seconds. */
const CLOCK_TOLERANCE_MS = 3_000;
const CONTROL = /\p{Cc}/gu;

/** @param {ApiOptions} options @returns {Api} */
export function createApi({ fetch, base, credentials, clock, onAnswer }) {
  let clockDifferenceMs = 0;

  /** @param {string} method @param {string} path @param {RequestOptions} options @returns {Promise<Answer<never>>} */
  async function request(method, path, options) {
    const { body, idempotencyKey, signal, shared = false } = options;
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const given = credentials();
    const headers = headersOf(given);
    // What all tabs look at may be computed once for all of them.
    headers.set('cache-control', shared ? 'max-age=1' : 'no-cache');
    if (body !== undefined) headers.set('content-type', 'application/json');
    if (idempotencyKey !== undefined) headers.set('idempotency-key', idempotencyKey);
    try {
      const response = await fetch(new URL(path, base), {
        method,
        headers,
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
        credentials: 'omit',
        cache: 'no-store',
        redirect: 'error',
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const answer = await read(response);
      noteClock(response.headers.get('date'));
      // A late answer to an earlier token says nothing of the one that is given now.
      const isOfToken = answer.outcome === 'signed_out' || answer.outcome === 'slowed';
      return isOfToken && credentials() !== given ? { outcome: 'given_up' } : answer;
    } catch {
      return { outcome: signal?.aborted === true ? 'given_up' : 'unreachable' };
    }
  }

  /** @param {string | null} date */
  function noteClock(date) {
    const difference = date === null ? Number.NaN : Date.parse(date) - clock();
    if (!Number.isNaN(difference)) clockDifferenceMs = Math.abs(difference) < CLOCK_TOLERANCE_MS ? 0 : difference;
  }

  /** @param {string} method */
  function requester(method) {
    return async (/** @type {string} */ path, /** @type {RequestOptions} */ options = {}) => {
      const answer = await request(method, path, options);
      onAnswer(answer, path);
      return answer;
    };
  }
  return {
    get: requester('GET'),
    post: requester('POST'),
    remove: requester('DELETE'),
    now: () => clock() + clockDifferenceMs,
  };
}

/** The token is wrong, and so were many before it: a right one always passes. */
const TOO_MANY_TOKENS = 'too_many_tokens';

/** @param {Response} response @returns {Promise<Answer<never>>} */
async function read(response) {
  const { status } = response;
  if (status === 401) return { outcome: 'signed_out' };
  const text = await response.text();
  if (response.ok) return { outcome: 'answered', body: /** @type {never} */ (text === '' ? null : JSON.parse(text)) };
  const { code, message } = errorIn(text);
  if (code === TOO_MANY_TOKENS) {
    return { outcome: 'slowed', afterSeconds: Number(response.headers.get('retry-after')) || 1 };
  }
  return { outcome: 'refused', status, code, message };
}

/** A proxy in between may answer something else than the service. @param {string} text */
function errorIn(text) {
  try {
    const { code, message } = JSON.parse(text).error;
    if (typeof code === 'string' && typeof message === 'string') return { code, message };
  } catch {
    // Falls through: there is no message of the service.
  }
  return { code: 'unknown', message: '' };
}

/**
 * A token or a name with a character that no header may have is sent without it: the service then refuses the token.
 * @param {import('./session.js').Credentials | null} given
 */
function headersOf(given) {
  const token = latin1OfUtf8((given?.token ?? '').replaceAll(CONTROL, ''));
  const headers = new Headers({ accept: 'application/json', authorization: `Bearer ${token}` });
  const operator = (given?.operator ?? '').replaceAll(CONTROL, '').trim();
  if (operator !== '') headers.set('x-operator', latin1OfUtf8(operator));
  return headers;
}

/** A header has one byte a character; the service reads them as UTF-8. @param {string} text */
function latin1OfUtf8(text) {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('');
}
