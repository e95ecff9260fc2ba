/** `registrations`: what Resurs holds, and whether that is what the settings want. It changes nothing. */
import type { Config } from '../config/settings.ts';
import { systemClock } from '../lib/clock.ts';
import { CALLBACK_TYPES } from '../protocol/ecom/callback-types.ts';
import { redactTemplate, visible } from '../protocol/ecom/registered-template.ts';
import { compareRegistration, describeDrift } from '../registrations/drift.ts';
import { fetchAllRegistered, type Registered } from '../registrations/registered.ts';
import { type Command, EXIT, readArgumentsAndConfig, type Terminal } from './command.ts';
import { failureLines } from './register-report.ts';
import { type ResursAccess, withResurs } from './with-resurs.ts';

const HELP = `Usage: node src/main.ts registrations

Lists what Resurs holds for each type and marks what differs from the settings. Resurs gives back
URLs only: salts and Basic credentials are proven by a callback alone, as trigger-test makes one.

Needs PUBLIC_URL, RESURS_USERNAME and RESURS_PASSWORD; RESURS_ENVIRONMENT says which Resurs.

Exit codes: 0 all as the settings want, 1 not or not readable, 64 wrong usage, 78 settings missing or wrong.`;

export const registrations: Command = {
  summary: 'list what Resurs holds and mark what differs',
  help: HELP,
  async run(args, terminal) {
    const demanded = readArgumentsAndConfig(args, { help: HELP, terminal });
    if (demanded.outcome === 'ended') return demanded.exitCode;
    return withResurs(demanded.config, { needed: ['PUBLIC_URL', 'RESURS_USERNAME'], terminal }, (access) => {
      return listRegistrations(access, demanded.config, terminal);
    });
  },
};

async function listRegistrations(
  { channels, addresses, signal }: ResursAccess,
  config: Config,
  terminal: Terminal,
): Promise<number> {
  const all = await fetchAllRegistered(channels, CALLBACK_TYPES, signal);
  terminal.print(`Resurs (${config.RESURS_ENVIRONMENT}): ${addresses.rest} and ${addresses.soap}\n`);

  let isAllRight = true;
  for (const type of CALLBACK_TYPES) {
    const held = all.get(type) ?? { outcome: 'nothing' };
    const drift = compareRegistration(type, held, { config, nowMs: systemClock.now() });
    isAllRight &&= drift.outcome === 'as_configured';
    terminal.print(`${drift.outcome === 'as_configured' ? '✓' : '✗'} ${type}: ${describeDrift(drift)}`);
    for (const line of registeredLines(held)) terminal.print(line);
  }
  for (const [type, held] of all) {
    if (CALLBACK_TYPES.some((known) => known === type)) continue;
    terminal.print(`  ${visible(type)}: not one of ours to manage`);
    for (const line of registeredLines(held)) terminal.print(line);
  }
  terminal.print(isAllRight ? '\nAll as the settings want.' : '\nRegister the types marked ✗ to put them right.');
  return isAllRight ? EXIT.ok : EXIT.failed;
}

function registeredLines(held: Registered): string[] {
  if (held.outcome === 'unknown') return failureLines(held.failures).map((line) => `  ${line}`);
  return held.outcome === 'registered' ? [`    ${redactTemplate(held.uriTemplate)}`] : [];
}
