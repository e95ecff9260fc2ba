/**
 * The test callback of the fake Merchant API: a POST to the URL of the request, and a word about what became of it. What
 * is in the body of such a POST is not documented; here it is empty.
 */
import { Agent } from 'undici';
import { sendCallbackRequest } from '../../send-callback.ts';

/** Resurs' words, and the HTTP status that was answered; null where there was none. */
export interface TestCallbackOutcome {
  readonly status: 'OK' | 'FAILED' | 'INVALID_URL' | 'ERROR' | 'TIMEOUT';
  readonly code: number | null;
}

/** Sends the POST and waits for its response. Throws only when `signal` fires. */
export async function sendTestCallback(url: string, signal: AbortSignal): Promise<TestCallbackOutcome> {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return { status: 'INVALID_URL', code: null };
  const dispatcher = new Agent();
  const request = { method: 'POST', url, body: '', contentType: 'application/json' } as const;
  try {
    const callback = { ...request, authorization: null, tryNumber: 1 };
    const response = await sendCallbackRequest(dispatcher, callback, signal);
    switch (response.outcome) {
      case 'answered':
        return { status: response.status < 300 ? 'OK' : 'FAILED', code: response.status };
      case 'timed_out':
        return { status: 'TIMEOUT', code: null };
      case 'unreachable':
        return { status: 'ERROR', code: null };
    }
  } finally {
    await dispatcher.destroy();
  }
}
