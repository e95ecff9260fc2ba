/** `registrations`: what Resurs holds, and whether that is what the settings want. It changes nothing. */
import { systemClock } from '../clock.ts';
import { SALT_TYPES } from '../config/callback-settings.ts';
import type { Config } from '../config/settings.ts';
import { describeDrift, driftOf } from '../resurs/drift.ts';
import { showTemplate, visible } from '../resurs/held.ts';
import { type Held, readAllHeld } from '../resurs/registry.ts';
import { type Command, EXIT, readConfigured, type Terminal } from './command.ts';
import { failureLines } from './register-report.ts';
import { type ResursAccess, withResurs } from './resurs-access.ts';

const HELP = `Usage: node src/main.ts registrations

Lists what Resurs holds for each type and marks what differs from the settings. Resurs gives back
URLs only: salts and Basic credentials are proven by a callback alone, as trigger-test makes one.

Needs PUBLIC_URL, RESURS_USERNAME and RESURS_PASSWORD; RESURS_ENVIRONMENT says which Resurs.

Exit codes: 0 all as the settings want, 1 not or not readable, 64 wrong usage, 78 settings missing or wrong.`;

export const registrations: Command = {
  summary: 'list what Resurs holds and mark what differs',
  help: HELP,
  async run(args, terminal) {
    const demanded = readConfigured(args, { help: HELP, terminal });
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
  const all = await readAllHeld(channels, SALT_TYPES, signal);
  terminal.print(`Resurs (${config.RESURS_ENVIRONMENT}): ${addresses.rest} and ${addresses.soap}\n`);

  let isAllRight = true;
  for (const type of SALT_TYPES) {
    const held = all.get(type) ?? { outcome: 'nothing' };
    const drift = driftOf(type, held, { config, nowMs: systemClock.now() });
    isAllRight &&= drift.outcome === 'as_configured';
    terminal.print(`${drift.outcome === 'as_configured' ? '✓' : '✗'} ${type}: ${describeDrift(drift)}`);
    for (const line of heldLines(held)) terminal.print(line);
  }
  for (const [type, held] of all) {
    if (SALT_TYPES.some((known) => known === type)) continue;
    terminal.print(`  ${visible(type)}: not one of ours to manage`);
    for (const line of heldLines(held)) terminal.print(line);
  }
  terminal.print(isAllRight ? '\nAll as the settings want.' : '\nRegister the types marked ✗ to put them right.');
  return isAllRight ? EXIT.ok : EXIT.failed;
}

function heldLines(held: Held): string[] {
  if (held.outcome === 'unknown') return failureLines(held.failures).map((line) => `  ${line}`);
  return held.outcome === 'held' ? [`    ${showTemplate(held.uriTemplate)}`] : [];
}
