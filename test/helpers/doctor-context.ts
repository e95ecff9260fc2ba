/**
 * What `doctor` checks beside the network: the running service, a merchant, and a fake Resurs with its registrations. A
 * test changes the settings of doctor, or what the others do, and runs single checks.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { createMapiAccount } from '../../src/accounts/mapi-account.ts';
import { register } from '../../src/commands/register.ts';
import { createResursClients } from '../../src/commands/with-resurs.ts';
import { loadConfig } from '../../src/config/load.ts';
import { openDatabase } from '../../src/db/client.ts';
import type { CheckName, Finding } from '../../src/doctor/check.ts';
import type { CheckContext } from '../../src/doctor/context.ts';
import { publicInternet } from '../../src/doctor/probe/internet.ts';
import { runChecks } from '../../src/doctor/run-checks.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { startFakeResurs } from '../../src/simulator/fake-resurs.ts';
import { startMerchant } from './merchant.ts';
import { startTestService, WEBHOOK_SECRET } from './service.ts';

const ACCOUNT = { username: 'shop', password: 'a-password-at-resurs-7Tq' };

/** Settings by name; an empty one is not set. */
export type Env = Readonly<Record<string, string>>;

/** Starts a service without faults: registered, delivering, and reachable. `more`: settings of service and checks. */
export async function setUpDoctor(t: TestContext, more: Env = {}) {
  const merchant = await startMerchant(t);
  const fakeResurs = await startFakeResurs({ account: ACCOUNT });
  t.after(() => fakeResurs.stop());
  const secrets = { DIGEST_SALT: '', DIGEST_KEY: randomBytes(24).toString('hex'), WEBHOOK_SECRET };
  const service = await startTestService(t, { env: { ...secrets, WEBHOOK_URL: merchant.url, ...more } });
  const env = {
    ...secrets,
    WEBHOOK_URL: merchant.url,
    DATABASE_URL: service.databaseUrl,
    PUBLIC_URL: service.url,
    BASIC_AUTH_USERNAME: '',
    RESURS_USERNAME: ACCOUNT.username,
    RESURS_PASSWORD: ACCOUNT.password,
    RESURS_REST_URL: fakeResurs.restUrl,
    RESURS_SOAP_URL: fakeResurs.soapUrl,
    ...more,
  };
  const printed: string[] = [];
  const print = (line: string) => void printed.push(line);
  assert.equal(await register.run(['--yes'], { env, print, printError: print }), 0, printed.join('\n'));

  /** Runs one check with changed settings. */
  const check = async (
    name: CheckName,
    changes: Env = {},
    changedContext: Partial<CheckContext> = {},
  ): Promise<Finding> => {
    const { context, close } = openContext({ ...env, ...changes });
    try {
      const [finding] = await runChecks({ ...context, ...changedContext }, [name], new AbortController().signal);
      assert.ok(finding !== undefined && finding.name === name);
      return finding;
    } finally {
      await close();
    }
  };
  return { service, merchant, fakeResurs, env, check };
}

function openContext(env: Env): { readonly context: CheckContext; close(): Promise<void> } {
  const loaded = loadConfig({ ...env });
  assert.ok(loaded.outcome === 'loaded', JSON.stringify(loaded));
  const { config, warnings } = loaded;
  const connectionString = config.DATABASE_URL ?? '';
  const db = openDatabase({ connectionString, poolSize: 2, onConnectionError: () => undefined });
  const resurs = config.RESURS_USERNAME === null ? null : createResursClients(config, 5_000);
  const mapi = createMapiAccount(config, systemClock);
  const context = {
    config,
    warnings,
    database: connectionString === '' ? null : { connectionString, db },
    resurs:
      resurs === null
        ? null
        : { channels: resurs.channels, restUrl: resurs.addresses.rest, dispatcher: resurs.dispatcher },
    mapi: mapi?.client(0) ?? null,
    internet: publicInternet(),
    clock: systemClock,
    randomBytes,
    version: '0.0.0-test',
  };
  return {
    context,
    async close() {
      await Promise.all([db.close(), resurs?.close(), mapi?.close()]);
    },
  };
}
