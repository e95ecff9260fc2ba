/** `registrations`: lists what is registered at Resurs, and whether it matches the settings. It changes nothing. */
import type { Config } from '../config/settings.ts';
import { systemClock } from '../lib/clock.ts';
import { replaceInvisible } from '../lib/printable.ts';
import { CALLBACK_TYPES, type CallbackType } from '../protocol/ecom/callback-types.ts';
import { redactTemplate } from '../protocol/ecom/url-template.ts';
import { compareRegistration, type Drift, describeDrift } from '../registrations/drift.ts';
import { adviceFor } from '../registrations/failure-advice.ts';
import { fetchAllRegistered, type Registered } from '../registrations/registered.ts';
import { knownSaltState, type SaltState, type TypeSaltState } from '../registrations/salt-state.ts';
import { defineCommand, EXIT, type Terminal } from './command.ts';
import { failureLines } from './register-report.ts';
import { openSaltRecords, type RecordResult } from './salt-records.ts';
import { type ResursAccess, withResurs } from './with-resurs.ts';

const HELP = `Usage: receiver registrations

Lists what is registered at Resurs for each type and marks what differs from the settings. Resurs
returns URLs only: salts and Basic credentials are compared with what register has stored in the
database of the service.

Needs PUBLIC_URL, RESURS_USERNAME and RESURS_PASSWORD; RESURS_ENVIRONMENT says which Resurs.

Exit codes: 0 all match the settings, 1 not or not readable, 64 wrong usage, 78 settings missing or wrong.`;

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
    const drift = compareRegistration(type, registered, { config, nowMs });
    return { type, registered, drift, salt: saltOf(type, registered, salts) };
  });
  for (const result of results) for (const line of typeLines(result)) terminal.print(line);
  for (const [type, registered] of all) {
    if (CALLBACK_TYPES.some((known) => known === type)) continue;
    terminal.print(`  ${replaceInvisible(type)}: not managed by this service`);
    for (const line of registeredLines(registered)) terminal.print(line);
  }
  for (const line of ['', ...saltLines(results, salts), ...adviceLines(results)]) terminal.print(line);
  return results.every(isAsConfigured) && salts.outcome !== 'failed' ? EXIT.ok : EXIT.failed;
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

function isAsConfigured({ drift, salt }: TypeResult): boolean {
  return drift.outcome === 'as_configured' && (salt === null || salt.outcome === 'current');
}

function typeLines(result: TypeResult): string[] {
  const { type, registered, drift, salt } = result;
  const isDifferentSalt = drift.outcome === 'as_configured' && salt !== null && salt.outcome !== 'current';
  const text = isDifferentSalt ? salt.problem : describeDrift(drift);
  return [`${isAsConfigured(result) ? '✓' : '✗'} ${type}: ${text}`, ...registeredLines(registered)];
}

/** Advises to register what registering corrects; a registration that cannot be read may be right. */
function adviceLines(results: readonly TypeResult[]): string[] {
  if (results.every(isAsConfigured)) return ['All match the settings.'];
  const unreadable = results.filter(({ drift }) => drift.outcome === 'unreadable');
  const failures = unreadable.flatMap(({ registered }) =>
    registered.outcome === 'unknown' ? registered.failures : [],
  );
  const isMarked = (result: TypeResult) => !isAsConfigured(result) && result.drift.outcome !== 'unreadable';
  const marked = results.filter(isMarked).map(({ type }) => type);
  if (unreadable.length === 0) return ['Register the types marked ✗ to correct them.'];
  return [
    ...(marked.length === 0 ? [] : [`Register these to correct them: ${marked.join(' ')}.`]),
    `Nothing is known about ${unreadable.map(({ type }) => type).join(', ')}. ${adviceFor(failures).fix}`,
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
