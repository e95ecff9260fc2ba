/**
 * Builds the plan of `simulate` from its arguments, which take precedence, and the environment. Invalid input is
 * refused before the first request; no message repeats a salt, a key or a URL.
 */
import type { Environment } from '../../config/environment.ts';
import { integer, oneOf } from '../../config/types/basic.ts';
import { CALLBACK_TYPES, type CallbackType } from '../../protocol/ecom/callback-types.ts';
import type { BasicCredentials } from '../../protocol/ecom/registration.ts';
import type { MapiClientCredentials } from '../../simulator/api/mapi/tokens.ts';
import { assumedRegistration, type SigningSecrets, saltFor } from '../../simulator/assumed-registration.ts';
import { chooseLost, type IsLost } from '../../simulator/lost.ts';
import type { RunScenarioOptions } from '../../simulator/run-scenario.ts';
import { buildScenario, type CallbackSequence, type ScenarioOptions } from '../../simulator/scenario.ts';
import { UsageError } from '../command.ts';
import { parseOption, type SimulateArguments } from './arguments.ts';
import { expectedNotOurs, parseLoss, parsePace, parsePayments, parseTarget } from './common-options.ts';
import {
  isLoopback,
  mapiClientOf,
  type ReadSetting,
  receiverCredentials,
  receiverSettings,
  receiverUrl,
  resursAccount,
  type ServedEcom,
  servedEcom,
  signingSecrets,
} from './environment.ts';

/** What the command runs: a scenario against a receiver, or a fake Resurs. */
export type SimulationPlan = RunPlan | ListenPlan;

/** A scenario for a receiver that is assumed to be registered. */
export interface RunPlan extends RunScenarioOptions {
  readonly kind: 'run';
  readonly target: string;
  /** True when the target is on this machine. */
  readonly isLocal: boolean;
  readonly json: boolean;
  /** True: do not ask. */
  readonly yes: boolean;
  /** Where what was lost can be asked for; nothing is served unless something is lost. */
  readonly served: ServedEcom;
}

/** A scenario for the receiver that registers, and the port to register at. */
export interface ListenPlan extends Pick<RunScenarioOptions, 'speed' | 'attempts' | 'concurrency'> {
  readonly kind: 'listen';
  /** 0 for any free port. */
  readonly port: number;
  /** Null: generate one. */
  readonly account: BasicCredentials | null;
  readonly mapiClient: MapiClientCredentials | null;
  /** Of the tokens of the Merchant API. */
  readonly scope: string;
  readonly payments: number;
  readonly firstPaymentId: string;
  readonly scenarioFor: ScenarioBuilder;
  readonly isLost: IsLost | null;
}

/** Payments of one round. Whether a digest can be wrong (`signed`) is known only once the types are registered. */
export type ScenarioBuilder = (
  round: Pick<ScenarioOptions, 'payments' | 'firstPaymentId' | 'signed'>,
) => readonly CallbackSequence[];

interface SimulateInput {
  readonly values: SimulateArguments;
  readonly urls: readonly string[];
}

/**
 * Builds the plan; `urls` are the words beside the options. Throws UsageError for invalid input; opens no connection.
 */
export function planSimulation({ values, urls }: SimulateInput, env: Environment, nowMs: number): SimulationPlan {
  if (urls.length > 1) throw new UsageError('only one URL can be the target');

  const settings = receiverSettings(env);
  const scenarioFor = createScenarioBuilder(values, settings, nowMs);
  const first = {
    payments: parsePayments(values.payments ?? '2'),
    firstPaymentId: values.first ?? String(nowMs),
  };
  const pace = parsePace(values);
  const loss = parseLoss(values.lose, first.firstPaymentId);
  const isLost = loss === null ? null : chooseLost(loss);
  if (values.listen !== undefined) {
    rejectWithListen({ values, urls });
    requireScenario(scenarioFor({ ...first, signed: true }));
    const port = parseOption('--listen', integer({ min: 0, max: 65_535 }), values.listen);
    const mapi = { mapiClient: mapiClientOf(settings), scope: settings('MAPI_SCOPE') };
    return { kind: 'listen', port, account: resursAccount(settings), ...mapi, scenarioFor, isLost, ...first, ...pace };
  }

  const signing = toSigningSecrets(values, settings, nowMs);
  const scenario = requireScenario(scenarioFor({ ...first, signed: saltFor(signing, 'UNFREEZE') !== null }));
  const target = parseTarget(urls[0] ?? receiverUrl(settings, settings('CALLBACK_PATHS')[0] ?? '/'));
  const form = parseOption('--form', oneOf(['query', 'pairs']), values.form ?? 'query');
  const basic = receiverCredentials(settings);
  const registrationOf = (type: CallbackType) => assumedRegistration(type, { target, form, signing, basic });
  return {
    kind: 'run',
    target,
    isLocal: isLoopback(target),
    scenario,
    registrationOf,
    json: values.json,
    yes: values.yes,
    served: servedEcom(settings),
    ...(isLost === null ? {} : { isLost }),
    ...pace,
  };
}

function requireScenario(scenario: readonly CallbackSequence[]): readonly CallbackSequence[] {
  if (scenario.length === 0) throw new UsageError('--only leaves nothing to send');
  return scenario;
}

/** Rejects what the registrations define with --listen, and --json, because the command never ends by itself. */
function rejectWithListen({ values, urls }: SimulateInput): void {
  if (urls.length > 0) throw new UsageError('--listen and a URL exclude each other');
  for (const name of ['form', 'algorithm', 'salt', 'key'] as const) {
    if (values[name] !== undefined) throw new UsageError(`--listen and --${name} exclude each other`);
  }
  if (values.json) throw new UsageError('--listen and --json exclude each other');
  if (values.yes)
    throw new UsageError('--listen and --yes exclude each other: nothing is sent before it is registered');
}

function createScenarioBuilder(values: SimulateArguments, settings: ReadSetting, nowMs: number): ScenarioBuilder {
  const options: Omit<ScenarioOptions, 'signed' | 'payments' | 'firstPaymentId'> = {
    notOursPaymentId: values.foreign,
    notOursResponse: expectedNotOurs(values['foreign-answer'], settings),
    nowMs,
    only: parseTypes(values.only),
  };
  return (round) => buildScenario({ ...options, ...round });
}

/**
 * Returns the secrets. A salt or key of the options replaces every secret of the environment, or they would contradict.
 */
function toSigningSecrets(
  { salt, key, algorithm }: SimulateArguments,
  settings: ReadSetting,
  nowMs: number,
): SigningSecrets {
  if (salt !== undefined && key !== undefined) throw new UsageError('--salt and --key exclude each other');

  const given = salt !== undefined || key !== undefined;
  const first = settings('DIGEST_ALGORITHM')[0] ?? 'sha1';
  return {
    ...(given ? { key: key ?? null, salt: salt ?? null, salts: {} } : signingSecrets(settings)),
    algorithm: algorithm === undefined ? first : parseOption('--algorithm', oneOf(['sha1', 'md5']), algorithm),
    registeredAt: String(Math.floor(nowMs / 1000)),
  };
}

function parseTypes(names: string | undefined): readonly CallbackType[] | null {
  if (names === undefined) return null;
  return names.split(',').map((name) => parseOption('--only', oneOf(CALLBACK_TYPES), name.toUpperCase()));
}
