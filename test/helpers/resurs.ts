/**
 * Runs the commands that call Resurs, as an operator runs them, against the fake Resurs. All their output is searched
 * after the test: a test in which a salt, key, password, digest or Authorization value was printed fails.
 */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { Agent } from 'undici';
import type { Command } from '../../src/commands/command.ts';
import { register } from '../../src/commands/register.ts';
import type { CallbackType } from '../../src/protocol/ecom/callback-types.ts';
import { basicHeader } from '../../src/protocol/ecom/registration.ts';
import { createRestClient } from '../../src/resurs/rest.ts';
import { createSoapClient } from '../../src/resurs/soap.ts';
import type { CompletedCall, InjectedFault, Quirks, ReceivedCall } from '../../src/simulator/api/quirks.ts';
import { type FakeResurs, type FakeResursOptions, startFakeResurs } from '../../src/simulator/fake-resurs.ts';
import { assertSecrecy, isSecret, secretsIn } from './leak-check.ts';

export const ACCOUNT = { username: 'merchant', password: 'Vq4-pässword-Lw8' };
export const DIGEST_KEY = 'k3Zq8Lw1Xv7Rb2YpT5Nd9Jf4Hc6Gs0Am';
export const BASIC = { BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: 'Tq7-mWx2-Lp9z' };

/** One fixed salt for each type that has one, all of `generation`. */
export function fixedSalts(generation: string): Record<string, string> {
  const types = ['BOOKED', 'UPDATE', 'UNFREEZE', 'ANNULMENT', 'FINALIZATION', 'AUTOMATIC_FRAUD_CONTROL'];
  return Object.fromEntries(types.map((type, index) => [`DIGEST_SALT_${type}`, `${generation}-h7Qm2xVt9RbL-${index}`]));
}

export interface CommandResult {
  readonly exitCode: number;
  readonly out: string;
  readonly errors: string;
}

export interface RunOptions {
  /** Beside, or instead of, the settings of the set-up; an empty one is an unset one. */
  readonly env?: Readonly<Record<string, string>>;
  /** The operator's answer; left out without a terminal. */
  readonly answer?: boolean;
  readonly stop?: AbortSignal;
}

export interface ResursFixture {
  readonly fakeResurs: FakeResurs;
  /** Runs a command to its end. */
  run(command: Command, args: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /** The settings, for a service or process beside the commands. */
  readonly env: Record<string, string>;
  /** The calls since the set-up that change a registration, as `REST register BOOKED`. */
  changes(): string[];
}

export interface ResursOptions extends Partial<Omit<FakeResursOptions, 'account'>> {
  readonly env?: Readonly<Record<string, string>>;
  /** The registrations before the test, by type. */
  readonly registered?: Partial<Record<CallbackType, string>>;
}

/** Starts a fake Resurs with the given registrations, which then behaves as `quirks` say; and a terminal. */
export async function setUpResurs(t: TestContext, options: ResursOptions = {}): Promise<ResursFixture> {
  const { env: moreEnv = {}, registered = {}, quirks = {}, ...rest } = options;
  const secrets = new Set<string>([ACCOUNT.password, basicHeader(ACCOUNT).slice('Basic '.length)]);
  const fakeResurs: FakeResurs = await startFakeResurs({
    account: ACCOUNT,
    speed: 1_000_000_000,
    ...rest,
    onCall: (call) => {
      for (const registration of fakeResurs.registered.values())
        for (const one of secretsIn(registration)) secrets.add(one);
      rest.onCall?.(call);
    },
  });
  const printed: string[] = [];
  t.after(async () => {
    await fakeResurs.stop();
    assertSecrecy(printed, secrets);
  });
  await registerAll(t, fakeResurs, registered);
  fakeResurs.setQuirks(quirks);
  const before = fakeResurs.calls.length;
  const env: Record<string, string> = {
    PUBLIC_URL: 'https://pay.shop.example',
    DIGEST_KEY,
    DATA_DIR: '/nonexistent/receiver-data',
    RESURS_USERNAME: ACCOUNT.username,
    RESURS_PASSWORD: ACCOUNT.password,
    RESURS_REST_URL: fakeResurs.restUrl,
    RESURS_SOAP_URL: fakeResurs.soapUrl,
    ...moreEnv,
  };
  // No request to a name that nobody has leaves this machine: nothing listens there.
  if (isMadeUp(env.PUBLIC_URL)) env.HTTPS_PROXY ??= 'http://127.0.0.1:1';
  return {
    fakeResurs,
    env,
    changes: () => fakeResurs.calls.slice(before).filter(isChange).map(describeCall),
    async run(command, args, { env: own = {}, answer, stop } = {}) {
      const out: string[] = [];
      const errors: string[] = [];
      const all = { ...env, ...own };
      const given = command === register && isMadeUp(all.PUBLIC_URL) ? [...args, '--allow-unreachable'] : args;
      for (const [name, value] of Object.entries(all)) if (isSecret(name) && value !== '') secrets.add(value);
      const exitCode = await command.run(given, {
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

/** Our clients of both interfaces, for a fake Resurs. */
export function clientsOf(t: TestContext, { restUrl, soapUrl, account }: FakeResurs) {
  const dispatcher = new Agent();
  t.after(() => dispatcher.destroy());
  const all = { account, dispatcher, timeoutMs: 10_000 };
  return {
    rest: createRestClient({ ...all, baseUrl: restUrl }),
    soap: createSoapClient({ ...all, baseUrl: soapUrl }),
  };
}

/** Injects a fault into the calls that `concerns` selects; any part may be left out. */
export function injectFaultFor(fault: InjectedFault, concerns: Partial<ReceivedCall>): Quirks['faultOf'] {
  const selectors = Object.entries(concerns);
  return (call) =>
    selectors.every(([name, value]) => Object.entries(call).some(([n, v]) => n === name && v === value))
      ? fault
      : 'none';
}

/** The time of registration of a type at Resurs, unix seconds. */
export function registeredTime({ registered }: Pick<FakeResurs, 'registered'>, type: CallbackType): number {
  return Number(/[?&]t=(\d+)/.exec(registered.get(type)?.uriTemplate ?? '')?.[1]);
}

async function registerAll(
  t: TestContext,
  fakeResurs: FakeResurs,
  registered: Partial<Record<CallbackType, string>>,
): Promise<void> {
  const { rest } = clientsOf(t, fakeResurs);
  for (const [type, uriTemplate] of Object.entries(registered)) {
    const result = await rest.register(type, { uriTemplate, digest: null, basic: null }, new AbortController().signal);
    assert.equal(result.outcome, 'done');
  }
}

/** Under such a name no service runs in a test. */
function isMadeUp(publicUrl = ''): boolean {
  return URL.parse(publicUrl)?.hostname.endsWith('.example') === true;
}

function isChange({ operation }: CompletedCall): boolean {
  return operation === 'register' || operation === 'unregister';
}

function describeCall({ channel, operation, type }: CompletedCall): string {
  return `${channel} ${operation} ${type}`;
}
