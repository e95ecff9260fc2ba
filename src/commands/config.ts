/**
 * `config`: prints the settings that the service would run with and the source of each value, without starting
 * anything. It can run next to a running service and in a pipeline before a roll-out. Secrets are masked, so the output
 * may be pasted into a ticket.
 */
import { formatSettings } from '../config/print.ts';
import { defineCommand, EXIT } from './command.ts';

const HELP = `Usage: receiver config

Prints every setting as NAME=value, followed by its source: default, environment, file, or unset.
Secrets and the user names, passwords and queries of URLs are masked. Warnings go to standard error.

Exit codes: 0 valid, 64 wrong usage, 78 not valid (every error is on standard error, with its fix).`;

/** Prints the effective settings; neither opens the database nor listens. */
export const configCommand = defineCommand({
  summary: 'print the effective settings, secrets masked',
  help: HELP,
  options: {},
  async run({ origins, terminal }) {
    for (const line of formatSettings(origins)) terminal.print(line);
    return EXIT.ok;
  },
});
