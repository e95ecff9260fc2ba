/**
 * The part of the table about the way out: where events are delivered, how they are signed, and when to try again. The
 * limits only keep out what cannot be meant; sensible values are the defaults.
 */
import { optional, requiredFile, secret, secretWithSample, withDefault } from '../setting.ts';
import { boolean, integer } from '../types/basic.ts';
import { durations } from '../types/lists.ts';
import { headerValue, webhookSecret } from '../types/secrets.ts';
import { webhookUrl } from '../types/urls.ts';

/** The merchant's webhook. */
export const WEBHOOK = {
  WEBHOOK_URL: optional(
    webhookUrl(),
    'Where events are delivered, signed after Standard Webhooks. Unset: deliveries are held, none is dropped.',
  ),
  WEBHOOK_SECRET: secretWithSample(
    webhookSecret(),
    'whsec_sampleWebhookSecretChangeMeSampleWebhookSecret01',
    'The secret that signs deliveries; required with WEBHOOK_URL.',
  ),
  WEBHOOK_SECRET_PREVIOUS: secret(
    webhookSecret(),
    'The secret before it. While both are set, every request carries both signatures.',
  ),
  WEBHOOK_AUTHORIZATION: secret(headerValue(), 'Authorization header to send along, scheme included.'),
  WEBHOOK_CA_FILE: requiredFile('An extra certificate authority (PEM), for a webhook with a private certificate.'),
  WEBHOOK_TIMEOUT_MS: withDefault(
    integer({ min: 100, max: 600_000 }),
    '15000',
    'Milliseconds for one whole request, from connecting to the last byte of the answer.',
  ),
  WEBHOOK_CONCURRENCY: withDefault(integer({ min: 1, max: 1000 }), '16', 'Requests in flight per process.'),
  WEBHOOK_RETRY_SCHEDULE: withDefault(
    durations(),
    '5s,30s,2m,10m,30m,1h,2h,4h,8h,12h,24h,24h',
    'Wait before each retry; after the last one the delivery is a dead letter. Up to 20 % are added to spread the load.',
  ),
  FORWARD_TEST_CALLBACKS: withDefault(boolean(), 'false', 'Deliver TEST events as well.'),
};
