/**
 * `register`: registers the callback URL of this service at Resurs. It prints the plan, asks, and registers one type
 * after the other, each read back before the next one begins. At the first failure it stops and prints what is done,
 * what is not, and what is registered now. It stores a fingerprint of each salt, so that a changed one is noticed
 * before a callback is refused. Neither salts nor passwords are printed.
 */
import type { Config } from '../config/settings.ts';
import { lookAtCallbackUrl } from '../doctor/callback-url.ts';
import { systemClock } from '../lib/clock.ts';
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import { isSameTemplate } from '../protocol/ecom/url-template.ts';
import type { SaltKind } from '../registrations/desired.ts';
import { type PlannedRegistration, planLines, planRegistrations } from '../registrations/plan.ts';
import { type RegisterResult, registerCallback } from '../registrations/register.ts';
import { fetchAllRegistered, type Registered } from '../registrations/registered.ts';
import { findWeakSalts } from '../registrations/weak-salts.ts';
import { confirm, defineCommand, EXIT, type Terminal } from './command.ts';
import { failureLines, progressLine, registerLines } from './register-report.ts';
import { type FailedRecord, openSaltRecords, type SaltRecords } from './salt-records.ts';
import { type ResursAccess, withResurs } from './with-resurs.ts';

const HELP = `Usage: receiver register [TYPE…] [options]

Registers the callback URL of this service at Resurs, for the types named or for all seven. Prints
the plan and asks first. Existing registrations are overwritten; every type is read back. With
DIGEST_KEY each registration gets a new salt, and callbacks in flight stay valid. A fingerprint of
each salt is kept in the database of the service: a salt that is changed later is then reported by
serve, registrations, doctor and GET /status.

Before anything is changed, a GET and a POST that store nothing go to the callback URL: when another
service answers there, or none, nothing is registered.

Needs PUBLIC_URL, RESURS_USERNAME and RESURS_PASSWORD; RESURS_ENVIRONMENT says which Resurs.

  --yes                go on without asking
  --allow-weak-salts   register fixed salts that are short or shared by several types
  --allow-unreachable  register a callback URL that does not lead to this service, as seen from here

Exit codes: 0 all registered and read back, 1 not, 64 wrong usage, 78 settings missing or wrong.`;

export const register = defineCommand({
  summary: 'register this service at Resurs',
  help: HELP,
  options: {
    yes: { type: 'boolean', default: false },
    'allow-weak-salts': { type: 'boolean', default: false },
    'allow-unreachable': { type: 'boolean', default: false },
  },
  words: 'types',
  async run({ values, types, config, terminal }) {
    const { yes, 'allow-unreachable': allowUnreachable } = values;
    return withResurs(config, { needed: ['PUBLIC_URL', 'RESURS_USERNAME'], terminal }, async (access) => {
      if (!values['allow-weak-salts'] && refuseWeakSalts(types, config, terminal)) return EXIT.failed;
      const records = await openSaltRecords(config);
      try {
        return await registerTypes(access, { types, config, yes, allowUnreachable, terminal, records });
      } finally {
        await records.close();
      }
    });
  },
});

function refuseWeakSalts(types: readonly CallbackType[], config: Config, terminal: Terminal): boolean {
  const weaknesses = findWeakSalts(types, config);
  for (const weakness of weaknesses) terminal.printError(`Refused: ${weakness}.`);
  if (weaknesses.length === 0) return false;
  terminal.printError(
    'Nothing was changed. Use DIGEST_KEY, or a long salt for each type; --allow-weak-salts registers them anyway.',
  );
  return true;
}

interface RegisterRequest {
  readonly types: readonly CallbackType[];
  readonly config: Config;
  readonly yes: boolean;
  readonly allowUnreachable: boolean;
  readonly terminal: Terminal;
  readonly records: SaltRecords;
}

async function registerTypes(access: ResursAccess, request: RegisterRequest): Promise<number> {
  const { types, config, yes, terminal, records } = request;
  const registered = await fetchAllRegistered(access.channels, types, access.signal);
  if (!isReadable(types, registered, terminal)) return EXIT.failed;

  const plan = planRegistrations(types, registered, { config, nowMs: systemClock.now() });
  if (plan.outcome === 'impossible') {
    for (const problem of [...plan.problems, 'Nothing was changed.']) terminal.printError(problem);
    return EXIT.failed;
  }

  terminal.print(`Resurs (${config.RESURS_ENVIRONMENT}): ${access.addresses.rest} and ${access.addresses.soap}\n`);
  for (const line of planLines(plan.registrations)) terminal.print(line);
  if (!(await isCallbackUrlUsable(access, request))) return EXIT.failed;
  const question = `\nRegister ${plan.registrations.length === 1 ? 'this type' : `these ${plan.registrations.length} types`}?`;
  if (!(await confirm(question, { yes, terminal }))) return EXIT.failed;
  return registerAll(access, plan.registrations, { terminal, records });
}

/** Prints where the callback URL leads; false when it is not this service and that is not allowed. */
async function isCallbackUrlUsable(
  { dispatcher, signal }: ResursAccess,
  { config, allowUnreachable, terminal }: RegisterRequest,
): Promise<boolean> {
  const found = await lookAtCallbackUrl({ config, dispatcher, clock: systemClock }, signal);
  if (found.outcome === 'reached') {
    terminal.print(`\nCallback URL ${found.url}: ${found.note ?? 'this service answers GET and POST there.'}`);
    return true;
  }
  if (allowUnreachable) {
    terminal.print(`\nCallback URL ${found.url}: not reached, allowed by --allow-unreachable. ${found.reason}`);
    return true;
  }
  terminal.printError(`Refused: ${found.reason}`);
  terminal.printError(found.fix);
  terminal.printError('Nothing was changed. --allow-unreachable registers this URL all the same.');
  return false;
}

/** False when nothing at all can be read: registering would fail as well, but halfway. */
function isReadable(
  types: readonly CallbackType[],
  registered: ReadonlyMap<string, Registered>,
  terminal: Terminal,
): boolean {
  const unknown = types.map((type) => registered.get(type)).filter((each) => each?.outcome === 'unknown');
  if (unknown.length < types.length) return true;
  terminal.printError('The registrations at Resurs cannot be read, so nothing was changed:');
  for (const line of failureLines(unknown.flatMap(({ failures }) => failures))) terminal.printError(line);
  return false;
}

async function registerAll(
  { channels }: ResursAccess,
  planned: readonly PlannedRegistration[],
  { terminal, records }: Pick<RegisterRequest, 'terminal' | 'records'>,
): Promise<number> {
  terminal.print('');
  const unrecorded: FailedRecord[] = [];
  for (const [index, { type, registered: before, registration, overRest, salt }] of planned.entries()) {
    const isStopped = terminal.stop?.aborted === true;
    const result: RegisterResult | null = isStopped
      ? null
      : await registerCallback({ channels, clock: systemClock, overRest }, type, registration);
    const lines = result === null ? ['Stopped on request.'] : registerLines(type, result, before);
    for (const line of lines) terminal.print(line);
    if (result !== null) unrecorded.push(...(await recordSalt(records, { type, salt, before, result })));
    if (result?.outcome === 'registered') continue;

    const names = planned.map((each) => each.type);
    terminal.printError(progressLine(names, index));
    terminal.printError(`What is done stays valid. Continue with: register ${names.slice(index).join(' ')}`);
    printUnrecorded(unrecorded, terminal);
    return EXIT.failed;
  }
  terminal.print(`\nAll ${planned.length} read back. Test the callbacks with: receiver trigger-test`);
  printUnrecorded(unrecorded, terminal);
  return EXIT.ok;
}

interface RegisteredType {
  readonly type: CallbackType;
  readonly salt: SaltKind;
  /** What was registered before. */
  readonly before: Registered;
  readonly result: RegisterResult;
}

/** Records the salt that is in effect; what is unknown now is forgotten. Returns why that was not possible. */
async function recordSalt(
  records: SaltRecords,
  { type, salt, before, result }: RegisteredType,
): Promise<FailedRecord[]> {
  if (result.outcome === 'failed' && isUnchanged(before, result.registered)) return [];
  const recorded =
    result.outcome === 'registered' ? await records.save(type, result.registration, salt) : await records.forget(type);
  return recorded.outcome === 'done' ? [] : [recorded];
}

function isUnchanged(before: Registered, now: Registered): boolean {
  return (
    before.outcome === 'registered' &&
    now.outcome === 'registered' &&
    isSameTemplate(before.uriTemplate, now.uriTemplate)
  );
}

function printUnrecorded([failure]: readonly FailedRecord[], terminal: Terminal): void {
  if (failure === undefined) return;
  const text = `fingerprints of the salts were not stored (${failure.reason}), so a changed salt will not be noticed`;
  if (failure.outcome === 'unavailable') terminal.print(`The ${text}.`);
  else terminal.printError(`Warning: the ${text}. Run register again when the database responds.`);
}
