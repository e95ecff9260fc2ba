/**
 * The check of the way out: a signed ping, which the merchant gets as a `callback.test` with an id of its own. It is made by the same
 * code that delivers events, so what passes here passes there.
 */
import { randomUUIDv7 } from 'node:crypto';
import type { AttemptResult } from '../../deliveries/retry.ts';
import { webhookClientFrom } from '../../deliveries/webhook.ts';
import type { StoredEvent } from '../../events/event.ts';
import { type Finding, fail, pass, warn } from '../check.ts';
import type { CheckContext } from '../context.ts';

const PATIENCE_MS = 10_000;

/** The merchant accepts a signed ping. */
export async function checkWebhook(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const { config, clock } = context;
  const timeoutMs = Math.min(config.WEBHOOK_TIMEOUT_MS, PATIENCE_MS);
  const webhook = webhookClientFrom({ ...config, WEBHOOK_TIMEOUT_MS: timeoutMs }, context);
  if (webhook === null) {
    return warn('WEBHOOK_URL is not set: events are kept, and told to nobody.', 'Set WEBHOOK_URL and WEBHOOK_SECRET.');
  }

  try {
    const result = await webhook.send(pingAt(new Date(clock.now())), 1, signal);
    signal.throwIfAborted();
    return judge(result, config.WEBHOOK_URL ?? '');
  } finally {
    await webhook.close();
  }
}

function pingAt(now: Date): StoredEvent {
  return {
    id: randomUUIDv7(),
    sequence: 0,
    paymentId: null,
    callback: 'TEST',
    type: 'callback.test',
    result: null,
    method: 'GET',
    parameters: { param1: 'doctor' },
    body: null,
    registeredAt: null,
    receivedAt: now,
    verified: { digest: false, result: true, basicAuth: false, source: false },
  };
}

function judge({ outcome, status, error, durationMs }: AttemptResult, url: string): Finding {
  if (outcome === 'accepted') {
    const took = `answered ${status} in ${Math.round(durationMs)} ms`;
    if (!isPlaintextRemote(url)) return pass(`the merchant ${took}`);
    return warn(`The merchant ${took}, but over plain http.`, 'Use an https URL: events hold orders and amounts.');
  }
  if (outcome === 'timed_out')
    return fail('The merchant did not answer in time.', 'Let it answer first and work afterwards.');
  if (status === null) return fail(`The merchant cannot be reached: ${error}.`, reachFix(error ?? ''));
  return fail(`The merchant answered ${status}.`, answerFix(status));
}

function answerFix(status: number): string {
  if (status === 401 || status === 403)
    return 'Give both sides the same WEBHOOK_SECRET, and WEBHOOK_AUTHORIZATION if it wants one.';
  if (status >= 300 && status < 400) return 'Set WEBHOOK_URL to where the redirect leads: redirects are not followed.';
  if (status === 404 || status === 405) return 'Check the path of WEBHOOK_URL: it has to take POST.';
  return 'Look into the log of the merchant platform for this request, and let it accept a callback.test with a 2xx.';
}

function reachFix(error: string): string {
  if (/CERT|SIGNATURE|ISSUER|ALTNAME|SSL|TLS/i.test(error)) {
    return 'Repair the certificate of the merchant, or name its authority with WEBHOOK_CA_FILE.';
  }
  return 'Check host and port of WEBHOOK_URL, DNS and the firewall between.';
}

/** Plain http that leaves this machine. */
function isPlaintextRemote(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !/^(?:localhost|127\..*|\[::1\])$/.test(hostname);
}
