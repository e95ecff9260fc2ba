/**
 * A shop as the network checks of `doctor` see it: the real service behind a real TLS proxy at what looks like a public address, with
 * one thing wrong or none. DNS answers and the way to the address are the only things that are played.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { ServerOptions } from 'node:https';
import type { TestContext } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/settings.ts';
import { CHECK_NAMES, type CheckName, type Finding } from '../../src/doctor/check.ts';
import { NETWORK_CHECKS, type NetworkCheck, type NetworkInput } from '../../src/doctor/network-checks.ts';
import type { DnsAnswer, Internet } from '../../src/doctor/probe/internet.ts';
import { SALT } from './callbacks.ts';
import { type Authority, makeAuthority } from './certificates.ts';
import { type Manners, startPublicSite } from './public-site.ts';
import { startWorld, type World } from './service.ts';

export const NAME = 'pay.shop.example';
/** Public by its looks; nothing is ever sent there. */
export const ADDRESS = '8.8.4.4';
export const KEY = 'a-master-key-of-the-tests-8Zk3-Wq5-Tn7';
export const PASSWORD = 'a-password-of-the-tests-4Hd9';
/** The right credentials as a header. */
export const AUTHORIZATION = `Basic ${Buffer.from(`resurs:${PASSWORD}`).toString('base64')}`;

const SETTINGS = {
  PUBLIC_URL: `https://${NAME}`,
  DIGEST_KEY: KEY,
  DIGEST_SALT: SALT,
  BASIC_AUTH_USERNAME: 'resurs',
  BASIC_AUTH_PASSWORD: PASSWORD,
  ALLOWED_SOURCES: 'resurs',
  TRUST_PROXY: '127.0.0.1',
};

export type Env = Readonly<Record<string, string>>;

/** What is not as it should be; without anything all is well. */
export interface Plant {
  /** Settings of the running service alone; an empty one is not set. */
  readonly service?: Env;
  /** Settings of `doctor` alone. */
  readonly doctor?: Env;
  /** Settings of both. */
  readonly both?: Env;
  readonly a?: DnsAnswer;
  readonly aaaa?: DnsAnswer;
  readonly tls?: (authority: Authority) => Promise<ServerOptions>;
  readonly manners?: Manners;
  /** Instead of the proxy: the port of something else. */
  readonly listener?: (t: TestContext) => Promise<number>;
}

/** The way to the receiver. */
export interface Street {
  readonly input: NetworkInput;
  readonly outside: Internet;
  /** The one that `outside` trusts. */
  readonly authority: Authority;
  /** Runs all network checks side by side. */
  examine(): Promise<readonly Named[]>;
}

export type Named = Finding & { readonly name: CheckName };

/** The way alone: for what goes wrong before a receiver is reached. */
export async function startStreet(
  t: TestContext,
  plant: Plant = {},
  receiverUrl = 'http://127.0.0.1:1',
): Promise<Street> {
  const authority = await makeAuthority();
  const tls = await (plant.tls?.(authority) ?? authority.issue(NAME));
  const site = { tls, manners: plant.manners ?? {} };
  const port = await (plant.listener?.(t) ?? startPublicSite(t, receiverUrl, site));
  const outside: Internet = {
    resolve4: async () => plant.a ?? { outcome: 'found', addresses: [ADDRESS] },
    resolve6: async () => plant.aaaa ?? { outcome: 'none' },
    route: () => ({ host: '127.0.0.1', port }),
    authorities: [authority.root],
  };
  const config = configOf({ ...SETTINGS, ...plant.both, ...plant.doctor });
  const input = { config, nowMs: Date.now(), random: randomBytes(8).toString('hex'), hasArrived: null };
  return { input, outside, authority, examine: () => examineNetwork(input, outside) };
}

/** The way with the running service at its end, whose database can be asked for what arrived. */
export async function startShop(t: TestContext, plant: Plant = {}): Promise<Street & { readonly world: World }> {
  const world = await startWorld(t, { env: { ...SETTINGS, ...plant.both, ...plant.service } });
  const street = await startStreet(t, plant, world.url);
  const input = { ...street.input, hasArrived: (values: readonly string[]) => isStored(world, values) };
  return { ...street, world, input, examine: () => examineNetwork(input, street.outside) };
}

function never(): AbortSignal {
  return new AbortController().signal;
}

/** Throws for settings that are not valid. */
export function configOf(env: Env): Config {
  const loaded = loadConfig(env);
  if (loaded.outcome === 'invalid') throw new Error(JSON.stringify(loaded.faults));
  return loaded.config;
}

/** Whether a TEST with these values is in the service's database. */
async function isStored(world: World, values: readonly string[]): Promise<boolean> {
  const wanted = Object.fromEntries(values.map((value, n) => [`param${n + 1}`, value]));
  const rows = await world.query("select 1 from events where callback = 'TEST' and parameters::jsonb = $1::jsonb", [
    wanted,
  ]);
  return rows.length > 0;
}

/** All network checks side by side, in the order in which a callback would meet what they look at. */
export async function examineNetwork(input: NetworkInput, outside: Internet, signal = never()): Promise<Named[]> {
  const checks: Partial<Record<CheckName, NetworkCheck>> = NETWORK_CHECKS;
  const names = CHECK_NAMES.filter((name) => checks[name] !== undefined);
  return Promise.all(
    names.map(async (name) => ({ name, ...(await (checks[name] as NetworkCheck)(input, outside, signal)) })),
  );
}

/** The first check that complains, in the order in which a callback would meet what they look at. */
export function firstComplaint(findings: readonly Named[]): Named | null {
  return findings.find(({ status }) => status !== 'pass') ?? null;
}

/** What an operator reads has one line, and neither secrets nor digests nor a query. */
export function assertPresentable(findings: readonly Named[]): void {
  for (const { name, status, reason, fix } of findings) {
    for (const text of [reason, fix ?? '']) {
      assert.doesNotMatch(text, /[\r\n]|[0-9a-f]{32}|\?c=|Basic [A-Za-z0-9+/]{16}/i, name);
      for (const secret of [KEY, SALT, PASSWORD]) assert.ok(!text.includes(secret), name);
    }
    assert.equal(fix === null, status === 'pass', name);
  }
}
