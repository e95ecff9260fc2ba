/**
 * The commands that talk to Resurs, run as an operator runs them, against the stand-in. Whatever they print in a test is looked
 * through afterwards: a test in which a salt, key, password, digest or Authorization value was printed fails.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { Agent } from 'undici';
import type { Command } from '../../src/commands/command.ts';
import type { CallbackType } from '../../src/protocol/ecom/callback-types.ts';
import { basicHeader } from '../../src/protocol/ecom/registration.ts';
import { createRestClient } from '../../src/resurs/rest.ts';
import { createSoapClient } from '../../src/resurs/soap.ts';
import type { CompletedCall, InjectedFault, Quirks, ReceivedCall } from '../../src/simulator/api/quirks.ts';
import { type FakeResurs, type StandInOptions, startFakeResurs } from '../../src/simulator/fake-resurs.ts';
import { assertSecrecy, isSecret, secretsIn } from './leak-check.ts';

export const ACCOUNT = { username: 'merchant', password: 'Vq4-pässword-Lw8' };
export const DIGEST_KEY = 'k3Zq8Lw1Xv7Rb2YpT5Nd9Jf4Hc6Gs0Am';
export const BASIC = { BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: 'Tq7-mWx2-Lp9z' };

/** One fixed salt for each type that has one, all of `generation`. */
export function fixedSalts(generation: string): Record<string, string> {
  const types = ['BOOKED', 'UPDATE', 'UNFREEZE', 'ANNULMENT', 'FINALIZATION', 'AUTOMATIC_FRAUD_CONTROL'];
  return Object.fromEntries(types.map((type, index) => [`DIGEST_SALT_${type}`, `${generation}-h7Qm2xVt9RbL-${index}`]));
}

export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly errors: string;
}

export interface RunOptions {
  /** Beside, or instead of, the settings of the set-up; an empty one is an unset one. */
  readonly env?: Readonly<Record<string, string>>;
  /** The operator's answer; left out where nobody can be asked. */
  readonly answer?: boolean;
  readonly stop?: AbortSignal;
}

export interface ResursWorld {
  readonly standIn: FakeResurs;
  /** Runs a command to its end. */
  run(command: Command, args: readonly string[], options?: RunOptions): Promise<Ran>;
  /** The settings, for a service or process beside the commands. */
  readonly env: Record<string, string>;
  /** What asked Resurs to change something since the set-up, as `REST register BOOKED`. */
  changes(): string[];
}

export interface ResursOptions extends Partial<Omit<StandInOptions, 'account'>> {
  readonly env?: Readonly<Record<string, string>>;
  /** What Resurs holds before, by type. */
  readonly held?: Partial<Record<CallbackType, string>>;
}

/** A stand-in that behaves as `quirks` say once `held` is registered, and a terminal. */
export async function setUpResurs(t: TestContext, options: ResursOptions = {}): Promise<ResursWorld> {
  const { env: more = {}, held = {}, quirks = {}, ...rest } = options;
  const secrets = new Set<string>([ACCOUNT.password, basicHeader(ACCOUNT).slice('Basic '.length)]);
  const standIn: FakeResurs = await startFakeResurs({
    account: ACCOUNT,
    speed: 1_000_000_000,
    ...rest,
    onCall: (call) => {
      for (const registration of standIn.held.values()) for (const one of secretsIn(registration)) secrets.add(one);
      rest.onCall?.(call);
    },
  });
  const printed: string[] = [];
  t.after(async () => {
    await standIn.stop();
    assertSecrecy(printed, secrets);
  });
  await hold(t, standIn, held);
  standIn.misbehave(quirks);
  const before = standIn.calls.length;
  const env: Record<string, string> = {
    PUBLIC_URL: 'https://pay.shop.example',
    DIGEST_KEY,
    DATA_DIR: '/nonexistent/receiver-data',
    RESURS_USERNAME: ACCOUNT.username,
    RESURS_PASSWORD: ACCOUNT.password,
    RESURS_REST_URL: standIn.restUrl,
    RESURS_SOAP_URL: standIn.soapUrl,
    ...more,
  };
  return {
    standIn,
    env,
    changes: () => standIn.calls.slice(before).filter(isChange).map(nameOf),
    async run(command, args, { env: own = {}, answer, stop } = {}) {
      const out: string[] = [];
      const errors: string[] = [];
      const all = { ...env, ...own };
      for (const [name, value] of Object.entries(all)) if (isSecret(name) && value !== '') secrets.add(value);
      const exitCode = await command.run(args, {
        env: all,
        print: (line) => void out.push(line),
        printError: (line) => void errors.push(line),
        ...(answer === undefined ? {} : { confirm: async () => answer }),
        ...(stop === undefined ? {} : { stop }),
      });
      printed.push(...out, ...errors);
      return { exitCode, out: out.join('\n'), errors: errors.join('\n') };
    },
  };
}

/** Our own clients of both interfaces, for a stand-in. */
export function clientsOf(t: TestContext, { restUrl, soapUrl, account }: FakeResurs) {
  const dispatcher = new Agent();
  t.after(() => dispatcher.destroy());
  const all = { account, dispatcher, timeoutMs: 10_000 };
  return {
    rest: createRestClient({ ...all, baseUrl: restUrl }),
    soap: createSoapClient({ ...all, baseUrl: soapUrl }),
  };
}

/** A fault for the calls that `concerns` names; any part may be left out. */
export function faultFor(fault: InjectedFault, concerns: Partial<ReceivedCall>): Quirks['faultOf'] {
  const wanted = Object.entries(concerns);
  return (call) =>
    wanted.every(([name, value]) => Object.entries(call).some(([n, v]) => n === name && v === value)) ? fault : 'none';
}

/** The time of registration that Resurs holds for a type, unix seconds. */
export function heldTime({ held }: Pick<FakeResurs, 'held'>, type: CallbackType): number {
  return Number(/[?&]t=(\d+)/.exec(held.get(type)?.uriTemplate ?? '')?.[1]);
}

async function hold(t: TestContext, standIn: FakeResurs, held: Partial<Record<CallbackType, string>>): Promise<void> {
  const { rest } = clientsOf(t, standIn);
  for (const [type, uriTemplate] of Object.entries(held)) {
    const result = await rest.register(type, { uriTemplate, digest: null, basic: null }, new AbortController().signal);
    assert.equal(result.outcome, 'done');
  }
}

function isChange({ operation }: CompletedCall): boolean {
  return operation === 'register' || operation === 'unregister';
}

function nameOf({ channel, operation, type }: CompletedCall): string {
  return `${channel} ${operation} ${type}`;
}
