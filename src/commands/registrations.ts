/** `registrations`: lists what is registered at Resurs, and whether it matches the settings. It changes nothing. */
import type { Config } from '../config/settings.ts';
import { systemClock } from '../lib/clock.ts';
import { replaceInvisible } from '../lib/printable.ts';
import { CALLBACK_TYPES, type CallbackType } from '../protocol/ecom/callback-types.ts';
import { redactTemplate } from '../protocol/ecom/url-template.ts';
import { compareRegistration, type Drift, describeDrift } from '../registrations/drift.ts';
import { adviceFor } from '../registrations/failure-advice.ts';
import {
  afterRegister,
  describePluginPhase,
  END_OF_PLUGIN_PHASE,
  findPluginPhase,
  type PluginPhase,
} from '../registrations/plugin-phase.ts';
import { fetchAllRegistered, type Registered } from '../registrations/registered.ts';
import { knownSaltState, type SaltState, type TypeSaltState } from '../registrations/salt-state.ts';
import { defineCommand, EXIT, type Terminal } from './command.ts';
import { failureLines } from './register-report.ts';
import { openSaltRecords, type RecordResult } from './salt-records.ts';
import { type ResursAccess, withResurs } from './with-resurs.ts';

const HELP = `Usage: receiver registrations

Lists what is registered at Resurs for each type and marks what differs from the settings. Resurs
returns URLs only: salts and Basic credentials are compared with what register has stored in the
database of the service. URLs of a shop plugin that CALLBACK_PATHS takes over have a mark of their
own, and are no difference.

Needs PUBLIC_URL, RESURS_USERNAME and RESURS_PASSWORD; RESURS_ENVIRONMENT says which Resurs.

Exit codes: 0 all match the settings or are taken over, 1 not or not readable, 64 wrong usage, 78 settings missing or wrong.`;

export const registrations = defineCommand({
  summary: 'list what is registered at Resurs and mark what differs',
  help: HELP,
  options: {},
  async run({ config, terminal }) {
    return withResurs(config, { needed: ['PUBLIC_URL', 'RESURS_USERNAME'], terminal }, (access) => {
      return listRegistrations(access, config, terminal);
    });
  },
});

async function listRegistrations(
  { channels, addresses, signal }: ResursAccess,
  config: Config,
  terminal: Terminal,
): Promise<number> {
  const all = await fetchAllRegistered(channels, CALLBACK_TYPES, signal);
  const nowMs = systemClock.now();
  const salts = await readSaltStates(config, nowMs);
  terminal.print(`Resurs (${config.RESURS_ENVIRONMENT}): ${addresses.rest} and ${addresses.soap}\n`);

  const results = CALLBACK_TYPES.map((type): TypeResult => {
    const registered = all.get(type) ?? { outcome: 'nothing' };
    const compared = compareRegistration(type, registered, { config, nowMs });
    const drift = afterRegister(compared, { type, registered }, salts.outcome === 'done' ? salts.value : []);
    return { type, registered, drift, salt: saltOf(type, registered, salts) };
  });
  const phase = findPluginPhase(results);
  for (const result of results) for (const line of typeLines(result, phase)) terminal.print(line);
  for (const [type, registered] of all) {
    if (CALLBACK_TYPES.some((known) => known === type)) continue;
    terminal.print(`  ${replaceInvisible(type)}: not managed by this service`);
    for (const line of registeredLines(registered)) terminal.print(line);
  }
  for (const line of ['', ...saltLines(results, salts), ...describePluginPhase(phase, config)]) terminal.print(line);
  for (const line of adviceLines(results, phase)) terminal.print(line);
  return results.every((result) => isAsExpected(result, phase)) && salts.outcome !== 'failed' ? EXIT.ok : EXIT.failed;
}

/** What is known about one type. */
interface TypeResult {
  readonly type: CallbackType;
  readonly registered: Registered;
  readonly drift: Drift;
  readonly salt: SaltState | null;
}

async function readSaltStates(config: Config, nowMs: number): Promise<RecordResult<readonly TypeSaltState[]>> {
  const records = await openSaltRecords(config);
  try {
    return await records.states(nowMs);
  } finally {
    await records.close();
  }
}

function saltOf(
  type: CallbackType,
  registered: Registered,
  salts: RecordResult<readonly TypeSaltState[]>,
): SaltState | null {
  return salts.outcome === 'done' ? knownSaltState(type, registered, salts.value) : null;
}

function isAsExpected({ type, drift, salt }: TypeResult, { added }: PluginPhase): boolean {
  if (added.includes(type)) return true;
  return (drift.outcome === 'as_configured' || drift.outcome === 'taken_over') && hasCurrentSalt(salt);
}

function hasCurrentSalt(salt: SaltState | null): boolean {
  return salt === null || salt.outcome === 'current';
}

function typeLines(result: TypeResult, phase: PluginPhase): string[] {
  const { type, registered, drift, salt } = result;
  const isRead = drift.outcome === 'as_configured' || drift.outcome === 'taken_over';
  const text = isRead && salt !== null && salt.outcome !== 'current' ? salt.problem : describeDrift(drift);
  return [`${markOf(result, phase)} ${type}: ${text}`, ...registeredLines(registered)];
}

function markOf(result: TypeResult, phase: PluginPhase): string {
  if (!isAsExpected(result, phase)) return '✗';
  if (result.drift.outcome === 'taken_over') return '→';
  return phase.added.includes(result.type) ? '–' : '✓';
}

/** Advises to register what registering corrects; a registration that cannot be read may be right. */
function adviceLines(results: readonly TypeResult[], phase: PluginPhase): string[] {
  const isTakenOver = phase.takenOver.length > 0;
  const end = isTakenOver ? [END_OF_PLUGIN_PHASE] : [];
  if (results.every((result) => isAsExpected(result, phase))) return isTakenOver ? end : ['All match the settings.'];

  const unreadable = results.filter(({ drift }) => drift.outcome === 'unreadable');
  const failures = unreadable.flatMap(({ registered }) =>
    registered.outcome === 'unknown' ? registered.failures : [],
  );
  const marked = results.filter((each) => !isAsExpected(each, phase) && each.drift.outcome !== 'unreadable');
  const names = marked.map(({ type }) => type).join(' ');
  const fixes = new Set(marked.flatMap(({ drift }) => (drift.outcome === 'different' ? (drift.fix ?? []) : [])));
  // Registering all types would end the phase.
  const isNamed = isTakenOver || unreadable.length > 0;
  const register = isNamed
    ? `Register these to correct them: ${names}.`
    : 'Register the types marked ✗ to correct them.';
  const unknown = unreadable.map(({ type }) => type).join(', ');
  return [
    ...fixes,
    ...(marked.length === 0 ? [] : [register]),
    ...(unreadable.length === 0 ? [] : [`Nothing is known about ${unknown}. ${adviceFor(failures).fix}`]),
    ...end,
  ];
}

/** Says which salts were not compared, because silence would pass for a proof. */
function saltLines(results: readonly TypeResult[], salts: RecordResult<readonly TypeSaltState[]>): string[] {
  if (salts.outcome !== 'done') return [`Salts and passwords were not compared: ${salts.reason}.`];
  const unknown = results.filter(({ drift, salt }) => drift.outcome === 'as_configured' && salt === null);
  if (unknown.length === 0) return [];
  const names = unknown.map(({ type }) => type).join(', ');
  return [`Salts and passwords of ${names} were not compared: register has not stored them in this database.`];
}

function registeredLines(registered: Registered): string[] {
  if (registered.outcome === 'unknown') return failureLines(registered.failures).map((line) => `  ${line}`);
  return registered.outcome === 'registered' ? [`    ${redactTemplate(registered.uriTemplate)}`] : [];
}
