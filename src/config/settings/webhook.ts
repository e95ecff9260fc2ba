/**
 * Settings of the merchant's webhook: URL, signatures, timeouts and retries. The limits only reject values that cannot
 * be intended; the defaults are sensible values.
 */
import { optional, pemFile, secret, secretWithSample, withDefault } from '../setting.ts';
import { boolean, integer } from '../types/basic.ts';
import { durations } from '../types/lists.ts';
import { headerValue, webhookSecret } from '../types/secrets.ts';
import { webhookUrl } from '../types/urls.ts';

/** The merchant's webhook. */
export const WEBHOOK = {
  WEBHOOK_URL: optional(
    webhookUrl(),
    'URL to which events are delivered, signed as Standard Webhooks specifies. Unset: deliveries are held, none is dropped.',
  ),
  WEBHOOK_SECRET: secretWithSample(
    webhookSecret(),
    'whsec_sampleWebhookSecretChangeMeSampleWebhookSecret01',
    'Secret that signs deliveries. Required with WEBHOOK_URL.',
  ),
  WEBHOOK_SECRET_PREVIOUS: secret(
    webhookSecret(),
    'Previous secret. While both are set, every request carries both signatures.',
  ),
  WEBHOOK_AUTHORIZATION: secret(headerValue(), 'Value of the Authorization header of every request, scheme included.'),
  WEBHOOK_CA_FILE: pemFile(
    'certificates',
    'Additional certificate authority (PEM), for a webhook with a private certificate, beside those that Node trusts already. A renewed file is read within five minutes.',
  ),
  WEBHOOK_CLIENT_CERT_FILE: pemFile(
    'certificates',
    'Client certificate (PEM, with its chain) for a webhook that asks for one. A renewed file is read within five minutes.',
  ),
  WEBHOOK_CLIENT_KEY_FILE: pemFile(
    'private key',
    'Private key (PEM) of the certificate in WEBHOOK_CLIENT_CERT_FILE, without a passphrase.',
  ),
  WEBHOOK_TIMEOUT_MS: withDefault(
    integer({ min: 100, max: 600_000 }),
    '15000',
    'Timeout of one whole request in milliseconds, from connecting to the last byte of the response.',
  ),
  WEBHOOK_CONCURRENCY: withDefault(
    integer({ min: 1, max: 1000 }),
    '16',
    'Maximum number of requests in flight per process.',
  ),
  WEBHOOK_RETRY_SCHEDULE: withDefault(
    durations(),
    '5s,30s,2m,10m,30m,1h,2h,4h,8h,12h,24h,24h',
    'Delay before each retry. After the last retry, the delivery is a dead letter. Up to 20 % jitter is added to each delay to spread the load.',
  ),
  FORWARD_TEST_CALLBACKS: withDefault(boolean(), 'false', 'Delivers TEST events as well.'),
};
