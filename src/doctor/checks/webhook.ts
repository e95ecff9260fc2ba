/**
 * The check `webhook`: the merchant accepts a signed ping, a `callback.test` with an id of its own. The client that
 * delivers events sends it, so what passes here passes there.
 */
import { randomUUIDv7 } from 'node:crypto';
import type { Config } from '../../config/settings.ts';
import type { AttemptResult } from '../../deliveries/retry.ts';
import { webhookClientFrom } from '../../deliveries/webhook.ts';
import type { StoredEvent } from '../../events/event.ts';
import { describeProxy } from '../../outbound/proxies.ts';
import { type Finding, fail, pass, warn } from '../check.ts';
import type { CheckContext } from '../context.ts';

const MAX_TIMEOUT_MS = 10_000;

/** Sends one ping. Rejects only with the reason of `signal`. */
export async function checkWebhook(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const result = await sendPing(context, signal);
  if (result === null) {
    return warn('WEBHOOK_URL is not set: events are stored but not forwarded.', 'Set WEBHOOK_URL and WEBHOOK_SECRET.');
  }
  return interpretAttempt(result, context.config);
}

/** Sends one ping with the secrets of the settings; null without a webhook. Rejects only with the reason of `signal`. */
export async function sendPing(context: CheckContext, signal: AbortSignal): Promise<AttemptResult | null> {
  const { config, clock } = context;
  const timeoutMs = Math.min(config.WEBHOOK_TIMEOUT_MS, MAX_TIMEOUT_MS);
  const webhook = webhookClientFrom({ ...config, WEBHOOK_TIMEOUT_MS: timeoutMs }, context);
  if (webhook === null) return null;

  try {
    const result = await webhook.send(pingAt(new Date(clock.now())), 1, signal);
    signal.throwIfAborted();
    return result;
  } finally {
    await webhook.close();
  }
}

function pingAt(now: Date): StoredEvent {
  return {
    id: randomUUIDv7(),
    sequence: 0,
    provider: 'resurs-ecom',
    paymentId: null,
    orderReference: null,
    callback: 'TEST',
    type: 'callback.test',
    result: null,
    method: 'GET',
    parameters: { param1: 'doctor' },
    body: null,
    registeredAt: null,
    receivedAt: now,
    verified: { digest: false, result: true, basicAuth: false, source: false },
    order: null,
    snapshot: null,
    missed: null,
    erasedAt: null,
  };
}

function interpretAttempt({ outcome, status, error, durationMs }: AttemptResult, config: Config): Finding {
  const url = config.WEBHOOK_URL ?? '';
  const proxy = describeProxy(new URL(url), config);
  const way = proxy === null ? '' : ` through the proxy ${proxy}`;
  if (outcome === 'accepted') {
    const response = `responded ${status} in ${Math.round(durationMs)} ms${way}`;
    if (!isPlaintextRemote(url)) return pass(`the merchant ${response}`);
    return warn(`The merchant ${response}, but over plain http.`, 'Use an https URL: events hold orders and amounts.');
  }
  if (outcome === 'timed_out') {
    const reason = `The merchant did not respond in time${way}.`;
    const fix = 'Respond first, then process the event.';
    return fail(reason, proxy === null ? fix : `${fix} If no request arrives: ${PROXY_FIX}`);
  }
  if (status === null) return fail(`The merchant is unreachable: ${error}.`, fixForConnection(error ?? ''));
  return fail(`The merchant responded ${status}${way}.`, fixForStatus(status));
}

const PROXY_FIX =
  'Check HTTP_PROXY and HTTPS_PROXY with their user name and password, or name the host of WEBHOOK_URL in NO_PROXY.';

function fixForStatus(status: number): string {
  if (status === 401 || status === 403)
    return 'Give both sides the same WEBHOOK_SECRET, and WEBHOOK_AUTHORIZATION where the merchant requires it.';
  if (status >= 300 && status < 400)
    return 'Set WEBHOOK_URL to the target of the redirect: redirects are not followed.';
  if (status === 404 || status === 405) return 'Check the path of WEBHOOK_URL: it has to accept POST.';
  return 'Check the log of the merchant platform for this request, and let it accept a callback.test with a 2xx.';
}

function fixForConnection(error: string): string {
  if (error.includes('the proxy ')) return PROXY_FIX;
  // An alert is sent by the other side: it refuses our certificate, or misses one.
  if (/_ALERT_/.test(error)) {
    return 'Set WEBHOOK_CLIENT_CERT_FILE and WEBHOOK_CLIENT_KEY_FILE to a client certificate that the merchant accepts.';
  }
  if (/CERT|SIGNATURE|ISSUER|ALTNAME|SSL|TLS/i.test(error)) {
    return "Fix the merchant's certificate, or name its authority with WEBHOOK_CA_FILE.";
  }
  return 'Check host and port of WEBHOOK_URL, its DNS name, and the firewalls in between.';
}

/** Plain http to another machine. */
function isPlaintextRemote(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !/^(?:localhost|127\..*|\[::1\])$/.test(hostname);
}
