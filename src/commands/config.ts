/**
 * `config`: shows what the service would run with, and where each value comes from, without starting anything. It can be run
 * next to a running service and in a pipeline before a roll-out. Secrets are masked, so the output may be pasted
 * into a ticket.
 */
import { formatSettings } from '../config/print.ts';
import { type Command, EXIT, readArgumentsAndConfig, type Terminal } from './command.ts';

const HELP = `Usage: node src/main.ts config

Prints every setting as NAME=value, and behind it where it comes from: default, environment, file, or unset.
Secrets and the user names, passwords and queries of URLs are masked. Warnings go to standard error.

Exit codes: 0 valid, 64 wrong usage, 78 not valid (every fault is on standard error, with its fix).`;

/** Prints the effective settings; neither opens the database nor listens. */
export const configCommand: Command = {
  summary: 'print the effective settings, secrets masked',
  help: HELP,
  run: async (args, terminal) => showConfig(args, terminal),
};

function showConfig(args: readonly string[], terminal: Terminal): number {
  const demanded = readArgumentsAndConfig(args, { help: HELP, terminal });
  if (demanded.outcome === 'ended') return demanded.exitCode;

  for (const line of formatSettings(demanded.origins)) terminal.print(line);
  return EXIT.ok;
}
