/**
 * `register`: has Resurs call this service. It shows what it is going to do, asks, and then goes type by type, each read back before
 * the next one begins; at the first failure it stops and says what is done, what is not, and what Resurs holds now.
 * Neither salts nor passwords are shown.
 */
import type { Config } from '../config/settings.ts';
import { systemClock } from '../lib/clock.ts';
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import { type PlannedRegistration, planLines, planRegistrations } from '../registrations/plan.ts';
import { type RegisterResult, registerCallback } from '../registrations/register.ts';
import { fetchAllRegistered, type Registered } from '../registrations/registered.ts';
import { findWeakSalts } from '../registrations/weak-salts.ts';
import { parseTypes } from './callback-types.ts';
import { type Command, confirm, EXIT, readArguments, requireConfig, type Terminal } from './command.ts';
import { failureLines, progressLine, registerLines } from './register-report.ts';
import { type ResursAccess, withResurs } from './with-resurs.ts';

const HELP = `Usage: node src/main.ts register [TYPE…] [options]

Registers the callback URL of this service at Resurs, for the types named or for all seven. Shows
the plan and asks first. What Resurs holds is registered over; every type is read back. With
DIGEST_KEY each registration gets a new salt, while callbacks under way keep verifying.

Needs PUBLIC_URL, RESURS_USERNAME and RESURS_PASSWORD; RESURS_ENVIRONMENT says which Resurs.

  --yes                go on without asking
  --allow-weak-salts   register fixed salts that are short or shared by several types

Exit codes: 0 all registered and read back, 1 not, 64 wrong usage, 78 settings missing or wrong.`;

const OPTIONS = {
  yes: { type: 'boolean', default: false },
  'allow-weak-salts': { type: 'boolean', default: false },
} as const;

interface RegisterRequest {
  readonly types: readonly CallbackType[];
  readonly config: Config;
  readonly yes: boolean;
  readonly terminal: Terminal;
}

export const register: Command = {
  summary: 'have Resurs call this service',
  help: HELP,
  async run(args, terminal) {
    const parsed = readArguments(args, { help: HELP, options: OPTIONS, terminal, words: true });
    if (parsed.outcome === 'ended') return parsed.exitCode;
    const chosen = parseTypes(parsed.words, terminal);
    if (chosen.outcome === 'ended') return chosen.exitCode;
    const demanded = requireConfig(terminal);
    if (demanded.outcome === 'ended') return demanded.exitCode;

    const { config } = demanded;
    const { yes, 'allow-weak-salts': allowWeakSalts } = parsed.values;
    return withResurs(config, { needed: ['PUBLIC_URL', 'RESURS_USERNAME'], terminal }, async (access) => {
      if (!allowWeakSalts && refuseWeakSalts(chosen.types, config, terminal)) return EXIT.failed;
      return registerTypes(access, { types: chosen.types, config, yes, terminal });
    });
  },
};

function refuseWeakSalts(types: readonly CallbackType[], config: Config, terminal: Terminal): boolean {
  const weaknesses = findWeakSalts(types, config);
  for (const weakness of weaknesses) terminal.printError(`Refused: ${weakness}.`);
  if (weaknesses.length === 0) return false;
  terminal.printError('Nothing was changed. Use DIGEST_KEY, or a long salt for each type; --allow-weak-salts insists.');
  return true;
}

async function registerTypes(access: ResursAccess, { types, config, yes, terminal }: RegisterRequest): Promise<number> {
  const held = await fetchAllRegistered(access.channels, types, access.signal);
  if (!isReadable(types, held, terminal)) return EXIT.failed;

  const plan = planRegistrations(types, held, { config, nowMs: systemClock.now() });
  if (plan.outcome === 'impossible') {
    for (const problem of [...plan.problems, 'Nothing was changed.']) terminal.printError(problem);
    return EXIT.failed;
  }

  terminal.print(`Resurs (${config.RESURS_ENVIRONMENT}): ${access.addresses.rest} and ${access.addresses.soap}\n`);
  for (const line of planLines(plan.registrations)) terminal.print(line);
  const question = `\nRegister ${plan.registrations.length === 1 ? 'this type' : `these ${plan.registrations.length} types`}?`;
  if (!(await confirm(question, { yes, terminal }))) return EXIT.failed;
  return registerAll(access, plan.registrations, terminal);
}

/** When nothing at all can be read, registering would fail likewise, but in the middle. */
function isReadable(
  types: readonly CallbackType[],
  held: ReadonlyMap<string, Registered>,
  terminal: Terminal,
): boolean {
  const unknown = types.map((type) => held.get(type)).filter((each) => each?.outcome === 'unknown');
  if (unknown.length < types.length) return true;
  terminal.printError('What Resurs holds cannot be read, so nothing was changed:');
  for (const line of failureLines(unknown.flatMap(({ failures }) => failures))) terminal.printError(line);
  return false;
}

async function registerAll(
  { channels }: ResursAccess,
  planned: readonly PlannedRegistration[],
  terminal: Terminal,
): Promise<number> {
  terminal.print('');
  for (const [index, { type, registered, registration }] of planned.entries()) {
    const stopped = terminal.stop?.aborted === true;
    const put: RegisterResult | null = stopped
      ? null
      : await registerCallback({ channels, clock: systemClock }, type, registration);
    const lines = put === null ? ['Stopped on request.'] : registerLines(type, put, registered);
    for (const line of lines) terminal.print(line);
    if (put?.outcome === 'registered') continue;

    const names = planned.map((each) => each.type);
    terminal.printError(progressLine(names, index));
    terminal.printError(`What is done stays valid. Go on with: register ${names.slice(index).join(' ')}`);
    return EXIT.failed;
  }
  terminal.print(`\nAll ${planned.length} read back. Prove the way with: node src/main.ts trigger-test`);
  return EXIT.ok;
}
