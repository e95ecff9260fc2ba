/**
 * A shop as the network checks of `doctor` see it: the real service behind a real TLS proxy, with one fault or none.
 * Its address looks public. Only DNS answers and the route to the address are faked.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { ServerOptions } from 'node:https';
import type { TestContext } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/settings.ts';
import { openDatabase } from '../../src/db/client.ts';
import { CHECK_NAMES } from '../../src/doctor/check.ts';
import type { CheckContext } from '../../src/doctor/context.ts';
import type { DnsAnswer, Internet } from '../../src/doctor/probe/internet.ts';
import { type CheckResult, runChecks } from '../../src/doctor/run-checks.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { SALT } from './callbacks.ts';
import { type Authority, makeAuthority } from './certificates.ts';
import { type ProxyBehaviour, startPublicSite } from './public-site.ts';
import { startTestService, type TestService } from './service.ts';

export const NAME = 'pay.shop.example';
/** Looks public; nothing is ever sent there. */
export const ADDRESS = '8.8.4.4';
const KEY = 'a-master-key-of-the-tests-8Zk3-Wq5-Tn7';
const PASSWORD = 'a-password-of-the-tests-4Hd9';
/** The right credentials as a header. */
export const AUTHORIZATION = `Basic ${Buffer.from(`resurs:${PASSWORD}`).toString('base64')}`;

/** The checks of the path from Resurs to the receiver, in their order. */
export const NETWORK_CHECKS = CHECK_NAMES.slice(CHECK_NAMES.indexOf('public-url'), CHECK_NAMES.indexOf('sources') + 1);

const SETTINGS = {
  PUBLIC_URL: `https://${NAME}`,
  DIGEST_KEY: KEY,
  DIGEST_SALT: SALT,
  BASIC_AUTH_USERNAME: 'resurs',
  BASIC_AUTH_PASSWORD: PASSWORD,
  ALLOWED_SOURCES: 'resurs',
  TRUST_PROXY: '127.0.0.1',
};

type Env = Readonly<Record<string, string>>;

/** One fault of a site; the empty object has none. */
export interface FaultCase {
  /** Settings of the running service alone; an empty one is not set. */
  readonly service?: Env;
  /** Settings of `doctor` alone. */
  readonly doctor?: Env;
  /** Settings of both. */
  readonly both?: Env;
  readonly a?: DnsAnswer;
  readonly aaaa?: DnsAnswer;
  readonly tls?: (authority: Authority) => Promise<ServerOptions>;
  readonly proxy?: ProxyBehaviour;
  /** Instead of the proxy: the port of something else. */
  readonly listener?: (t: TestContext) => Promise<number>;
}

/** A public site with the fault, and the checks to run against it. */
export interface FaultySite {
  readonly context: CheckContext;
  /** The random bytes of `context`, in hexadecimal. */
  readonly random: string;
  /** The one that the checks trust. */
  readonly authority: Authority;
  /** Runs all network checks side by side, where given with other answers of the Internet. */
  runNetworkChecks(internet?: Partial<Internet>): Promise<readonly CheckResult[]>;
}

/** Starts the site without a receiver: for faults before the receiver is reached. */
export async function startSite(
  t: TestContext,
  faultCase: FaultCase = {},
  receiverUrl = 'http://127.0.0.1:1',
  database: CheckContext['database'] = null,
): Promise<FaultySite> {
  const authority = await makeAuthority();
  const tls = await (faultCase.tls?.(authority) ?? authority.issue(NAME));
  const site = { tls, proxy: faultCase.proxy ?? {} };
  const port = await (faultCase.listener?.(t) ?? startPublicSite(t, receiverUrl, site));
  const internet: Internet = {
    resolve4: async () => faultCase.a ?? { outcome: 'found', addresses: [ADDRESS] },
    resolve6: async () => faultCase.aaaa ?? { outcome: 'none' },
    route: () => ({ host: '127.0.0.1', port }),
    authorities: [authority.root],
  };
  const random = randomBytes(8);
  const context: CheckContext = {
    config: configOf({ ...SETTINGS, ...faultCase.both, ...faultCase.doctor }),
    warnings: [],
    database,
    resurs: null,
    mapi: null,
    internet,
    clock: systemClock,
    randomBytes: () => random,
    version: '0.0.0-test',
  };
  return {
    context,
    random: random.toString('hex'),
    authority,
    runNetworkChecks: (changes = {}) => {
      const changed = { ...context, internet: { ...internet, ...changes } };
      return runChecks(changed, NETWORK_CHECKS, new AbortController().signal);
    },
  };
}

/** Starts the site with the running service behind it, whose database `doctor` can query. */
export async function startShop(
  t: TestContext,
  faultCase: FaultCase = {},
): Promise<FaultySite & { readonly service: TestService }> {
  const service = await startTestService(t, { env: { ...SETTINGS, ...faultCase.both, ...faultCase.service } });
  const site = await startSite(t, faultCase, service.url, openTestDatabase(t, service.databaseUrl));
  return { ...site, service };
}

/** A database as `doctor` uses it; closed after the test. */
export function openTestDatabase(t: TestContext, connectionString: string): NonNullable<CheckContext['database']> {
  const db = openDatabase({ connectionString, poolSize: 2, onConnectionError: () => undefined });
  t.after(() => db.close());
  return { connectionString, db };
}

/** Throws for settings that are not valid. */
function configOf(env: Env): Config {
  const loaded = loadConfig(env);
  if (loaded.outcome === 'invalid') throw new Error(JSON.stringify(loaded.errors));
  return loaded.config;
}

/** The first check that does not pass, in their order. */
export function firstFailedCheck(findings: readonly CheckResult[]): CheckResult | null {
  return findings.find(({ status }) => status !== 'pass') ?? null;
}

/** Every text for an operator has one line, and neither secrets nor digests nor a query. */
export function assertReadableFindings(findings: readonly CheckResult[]): void {
  for (const { name, status, reason, fix } of findings) {
    for (const text of [reason, fix ?? '']) {
      assert.doesNotMatch(text, /[\r\n]|[0-9a-f]{32}|\?c=|Basic [A-Za-z0-9+/]{16}/i, name);
      for (const secret of [KEY, SALT, PASSWORD]) assert.ok(!text.includes(secret), name);
    }
    assert.equal(fix === null, status === 'pass', name);
  }
}
