/** `registrations`: lists what is registered at Resurs, and whether it matches the settings. It changes nothing. */
import type { Config } from '../config/settings.ts';
import { systemClock } from '../lib/clock.ts';
import { replaceInvisible } from '../lib/printable.ts';
import { CALLBACK_TYPES } from '../protocol/ecom/callback-types.ts';
import { redactTemplate } from '../protocol/ecom/url-template.ts';
import { compareRegistration, describeDrift } from '../registrations/drift.ts';
import { fetchAllRegistered, type Registered } from '../registrations/registered.ts';
import { defineCommand, EXIT, type Terminal } from './command.ts';
import { failureLines } from './register-report.ts';
import { type ResursAccess, withResurs } from './with-resurs.ts';

const HELP = `Usage: node src/main.ts registrations

Lists what is registered at Resurs for each type and marks what differs from the settings. Resurs
returns URLs only: salts and Basic credentials are tested by a callback, as trigger-test requests one.

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
  terminal.print(`Resurs (${config.RESURS_ENVIRONMENT}): ${addresses.rest} and ${addresses.soap}\n`);

  let isAllRight = true;
  for (const type of CALLBACK_TYPES) {
    const registered = all.get(type) ?? { outcome: 'nothing' };
    const drift = compareRegistration(type, registered, { config, nowMs: systemClock.now() });
    isAllRight &&= drift.outcome === 'as_configured';
    terminal.print(`${drift.outcome === 'as_configured' ? '✓' : '✗'} ${type}: ${describeDrift(drift)}`);
    for (const line of registeredLines(registered)) terminal.print(line);
  }
  for (const [type, registered] of all) {
    if (CALLBACK_TYPES.some((known) => known === type)) continue;
    terminal.print(`  ${replaceInvisible(type)}: not managed by this service`);
    for (const line of registeredLines(registered)) terminal.print(line);
  }
  terminal.print(isAllRight ? '\nAll match the settings.' : '\nRegister the types marked ✗ to correct them.');
  return isAllRight ? EXIT.ok : EXIT.failed;
}

function registeredLines(registered: Registered): string[] {
  if (registered.outcome === 'unknown') return failureLines(registered.failures).map((line) => `  ${line}`);
  return registered.outcome === 'registered' ? [`    ${redactTemplate(registered.uriTemplate)}`] : [];
}
