/**
 * Configures the whole demo, so that it runs without any configuration. Secrets are generated for one run. The receiver
 * gets these settings and none from the environment: a DATABASE_URL in it would otherwise make that database the
 * demo's.
 */
import { randomBytes } from 'node:crypto';
import type { BasicCredentials } from '../src/protocol/ecom/registration.ts';
import type { FakeResurs } from '../src/simulator/fake-resurs.ts';
import { freePort } from '../test/harness/listen.ts';
import { baseEnvironment } from '../test/harness/receiver-process.ts';

export const CALLBACK_PATH = '/callbacks/resurs';
export const MAPI_CALLBACK_PATH = '/callbacks/mapi';
export const FIRST_PAYMENT_ID = '100000016';
/** Does not match ORDER_PATTERN below: an order of another shop on the same Resurs account. */
export const NOT_OURS_PAYMENT_ID = 'OTHER-SHOP-7';
/** A payment that is frozen, and whose UNFREEZE never comes. */
export const LOST_PAYMENT_ID = '100000030';
/** Payments whose events the merchant refuses when the demo is kept, and one whose events it cannot take for a while. */
export const REFUSED_PAYMENT_IDS = ['100000041', '100000042', '100000043'] as const;
export const UNANSWERED_PAYMENT_ID = '100000044';
/** The first of the payments that the merchant accepts then. */
export const FIRST_KEPT_PAYMENT_ID = '100000051';
/** The order of the payment of the Merchant API, and that of a callback with a wrong token. */
export const MAPI_ORDER = '200000031';
export const FORGED_ORDER = '200000032';

export interface DemoSettings {
  readonly port: number;
  readonly digestKey: string;
  readonly basic: BasicCredentials;
  /** In the URLs of the Merchant API's callbacks. */
  readonly mapiToken: string;
  /** The webservice account at Resurs. */
  readonly account: BasicCredentials;
  readonly statusToken: string;
  readonly webhookSecret: string;
}

/** Generates secrets and finds a free port. */
export async function makeSettings(): Promise<DemoSettings> {
  return {
    port: await freePort(),
    digestKey: randomBytes(36).toString('base64url'),
    basic: { username: 'resurs', password: randomBytes(24).toString('base64url') },
    mapiToken: randomBytes(24).toString('base64url'),
    account: { username: 'demo-shop', password: randomBytes(24).toString('base64url') },
    statusToken: randomBytes(32).toString('base64url'),
    webhookSecret: `whsec_${randomBytes(32).toString('base64')}`,
  };
}

/** What the receiver's settings depend on, besides the secrets. */
export interface ReceiverContext {
  readonly dataDir: string;
  readonly webhookUrl: string;
  readonly fakeResurs: Pick<FakeResurs, 'restUrl' | 'soapUrl' | 'mapiUrl' | 'mapiClient'>;
}

/** Returns the environment of the receiver, by the names of its settings. */
export function receiverEnvironment(
  settings: DemoSettings,
  { dataDir, webhookUrl, fakeResurs }: ReceiverContext,
): Record<string, string> {
  return {
    ...baseEnvironment(),
    HOST: '127.0.0.1',
    PORT: String(settings.port),
    DATA_DIR: dataDir,
    CALLBACK_PATHS: CALLBACK_PATH,
    DIGEST_KEY: settings.digestKey,
    BASIC_AUTH_USERNAME: settings.basic.username,
    BASIC_AUTH_PASSWORD: settings.basic.password,
    ALLOWED_SOURCES: '127.0.0.1',
    ORDER_OWNERSHIP: 'pattern',
    ORDER_PATTERN: '[0-9]{9}',
    STATUS_TOKEN: settings.statusToken,
    WEBHOOK_URL: webhookUrl,
    WEBHOOK_SECRET: settings.webhookSecret,
    WEBHOOK_RETRY_SCHEDULE: '250ms,500ms,1s,2s',
    FORWARD_TEST_CALLBACKS: 'true',
    PUBLIC_URL: `http://127.0.0.1:${settings.port}`,
    RESURS_USERNAME: settings.account.username,
    RESURS_PASSWORD: settings.account.password,
    RESURS_REST_URL: fakeResurs.restUrl,
    RESURS_SOAP_URL: fakeResurs.soapUrl,
    MAPI_CALLBACK_PATHS: MAPI_CALLBACK_PATH,
    MAPI_CALLBACK_TOKEN: settings.mapiToken,
    MAPI_URL: fakeResurs.mapiUrl,
    MAPI_CLIENT_ID: fakeResurs.mapiClient.clientId,
    MAPI_CLIENT_SECRET: fakeResurs.mapiClient.clientSecret,
    PAYMENT_SNAPSHOT: 'on',
    RECONCILE_GRACE_MINUTES: '0',
  };
}
