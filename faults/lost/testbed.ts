/**
 * Starts what a run needs: one Postgres, one merchant, two replicas, and a simulated Resurs that sends each try to one
 * of the replicas, and can be asked by them.
 */
import { randomBytes } from 'node:crypto';
import type { Quirks } from '../../src/simulator/api/quirks.ts';
import { assumedRegistration } from '../../src/simulator/assumed-registration.ts';
import { type FakeResurs, startFakeResurs } from '../../src/simulator/fake-resurs.ts';
import type { IsLost } from '../../src/simulator/lost.ts';
import type { MapiUrls } from '../../src/simulator/mapi/url.ts';
import { pick, randomFor } from '../../test/harness/random.ts';
import { type SharedDatabase, startDatabase } from '../database.ts';
import type { Cleanup } from '../lib/cleanup.ts';
import { type Merchant, startMerchant } from '../merchant.ts';
import { MAPI_PATH, receiverEnv } from '../receiver-env.ts';
import { createReplica, type Replica } from '../replica.ts';

/** Enough tries that nothing becomes a dead letter. */
const RETRIES = 60;
const REPLICAS = 2;
/** What the simulated Resurs says of its customers, which must not be anywhere. */
export const CUSTOMERS = { governmentId: '195001010006', name: 'Vera Testsson', mapiName: 'Sven Kundsson' } as const;

export interface Testbed {
  readonly database: SharedDatabase;
  readonly merchant: Merchant;
  readonly resurs: FakeResurs;
  readonly mapiUrls: MapiUrls;
  readonly env: Readonly<Record<string, string>>;
  /** Those that run now. */
  readonly replicas: () => readonly Replica[];
  /** Starts them anew, with these settings in addition. */
  startReplicas(settings: Readonly<Record<string, string>>): Promise<void>;
}

/** Starts it and registers its clean-up. */
export async function startTestbed(
  { seed, isLost, onTry }: { readonly seed: number; readonly isLost: IsLost; readonly onTry: () => void },
  cleanup: Cleanup,
): Promise<Testbed> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const secrets = { salt: randomBytes(24).toString('base64url'), mapiToken: randomBytes(24).toString('base64url') };
  const account = { username: 'shop', password: randomBytes(24).toString('base64url') };
  const database = await startDatabase(cleanup);
  const { merchant, stop } = await startMerchant({ secret, seed });
  cleanup.push(stop);

  const random = randomFor(seed, 'targets');
  let replicas: readonly Replica[] = [];
  const target = (path: string) => `${pick(random, replicas)?.url() ?? 'http://127.0.0.1:1'}${path}`;
  const signing = { key: null, salt: secrets.salt, salts: {}, algorithm: 'sha1', registeredAt: '1700000000' } as const;
  const resurs = await startFakeResurs({
    account,
    isLost,
    onTry,
    speed: 3_600,
    concurrency: 8,
    quirks: quirksFor(seed),
    // Asked for each try, so that a replica that was killed is not called again and again.
    registrationOf: (type) =>
      assumedRegistration(type, { target: target('/callbacks/resurs'), form: 'query', signing, basic: null }),
  });
  cleanup.push(() => resurs.stop());

  const webhook = { url: merchant.url, secret };
  const env = {
    ...receiverEnv({ databaseUrl: database.connectionString, ...secrets, webhook, retries: RETRIES }),
    ...askingEnv(resurs),
  };
  cleanup.push(() => Promise.all(replicas.map((replica) => replica.kill())));
  return {
    database,
    merchant,
    resurs,
    env,
    mapiUrls: {
      get target() {
        return target(MAPI_PATH);
      },
      token: secrets.mapiToken,
      form: 'path',
    },
    replicas: () => replicas,
    async startReplicas(settings) {
      replicas = Array.from({ length: REPLICAS }, (_, index) => {
        const name = `replica-${index + 1}`;
        const own = { ...env, ...settings, WEBHOOK_AUTHORIZATION: `Bearer ${name}` };
        return createReplica({ name, env: own, secrets: { ...secrets, ...CUSTOMERS } });
      });
      await Promise.all(replicas.map((replica) => replica.start()));
    },
  };
}

/** What Resurs does not document, and a clock that is minutes off, differ with the seed. */
export function quirksFor(seed: number): Partial<Quirks> {
  const random = randomFor(seed, 'quirks');
  return {
    pages: pick(random, ['from_1', 'from_1_and_0_is_1', 'from_0'] as const) ?? 'from_1',
    modifiedFromBooking: random() < 0.5,
    clockAheadMs: (pick(random, [0, 3, -3]) ?? 0) * 60_000,
  };
}

function askingEnv({ soapUrl, restUrl, account, mapiUrl, mapiClient }: FakeResurs): Record<string, string> {
  return {
    RESURS_SOAP_URL: soapUrl,
    RESURS_REST_URL: restUrl,
    RESURS_USERNAME: account.username,
    RESURS_PASSWORD: account.password,
    MAPI_URL: mapiUrl,
    MAPI_CLIENT_ID: mapiClient.clientId,
    MAPI_CLIENT_SECRET: mapiClient.clientSecret,
    RECONCILE_GRACE_MINUTES: '0',
  };
}
