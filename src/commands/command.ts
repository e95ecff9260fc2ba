/**
 * What every command has in common: the shape by which the program knows it, the terminal it talks to, how arguments are
 * read, and how a configuration is demanded. Commands never touch the process: they get a terminal and resolve with an
 * exit code, so that a test can run them like an operator does.
 */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { loadConfig, type Origins } from '../config/load.ts';
import { formatSettingError, type SettingError } from '../config/setting-error.ts';
import type { Config } from '../config/settings.ts';

/** The world outside, as a command sees it. */
export interface Terminal {
  readonly env: Record<string, string | undefined>;
  /** One line on standard output. */
  print(line: string): void;
  /** One line on standard error. */
  printError(line: string): void;
  /** Fires when the operator asks to stop. */
  readonly stop?: AbortSignal;
  /** Asks the operator for yes or no; missing where nobody can be asked. */
  readonly confirm?: (question: string) => Promise<boolean>;
}

/** One command of the program. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  /** Resolves with the exit code. */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}

/** Exit codes with a meaning of their own; 64 and 78 are those of sysexits.h. */
export const EXIT = { ok: 0, failed: 1, usage: 64, config: 78 } as const;

/** The command ends here, with this exit code; everything there was to say is said. */
export interface Exit {
  readonly outcome: 'ended';
  readonly exitCode: number;
}

/** A configuration to work with. */
export interface WithConfig {
  readonly outcome: 'configured';
  readonly config: Config;
  readonly origins: Origins;
}

/**
 * Reads options the strict way: `--help` prints the help and ends with 0; an unknown option, a missing value or a
 * stray word is explained on standard error and ends with 64; with `words` they are allowed. `options` need not contain `help`.
 */
export function readArguments<const O extends ParseArgsOptionsConfig>(
  args: readonly string[],
  { help, options, terminal, words = false }: { help: string; options: O; terminal: Terminal; words?: boolean },
): ReturnType<typeof parseOptions<O>> | Exit {
  // Before anything else: help is wanted most by somebody whose other options are wrong.
  if (args.includes('--help') || args.includes('-h')) {
    terminal.print(help);
    return { outcome: 'ended', exitCode: EXIT.ok };
  }

  try {
    return parseOptions(args, options, words);
  } catch (error) {
    terminal.printError(error instanceof Error ? error.message : String(error));
    terminal.printError('Try --help.');
    return { outcome: 'ended', exitCode: EXIT.usage };
  }
}

/**
 * Loads the configuration for a command that needs a valid one. Warnings and faults go to standard error, all at once;
 * with a fault the command has ended with 78.
 */
export function requireConfig(terminal: Terminal): WithConfig | Exit {
  const loaded = loadConfig(terminal.env);
  for (const warning of loaded.warnings) terminal.printError(`Warning: ${warning}`);
  if (loaded.outcome === 'loaded') {
    return { outcome: 'configured', config: loaded.config, origins: loaded.origins };
  }

  return exitWithSettingErrors(loaded.faults, terminal);
}

/** Prints faults of the configuration; the command ends with 78. */
export function exitWithSettingErrors(faults: readonly SettingError[], terminal: Terminal): Exit {
  terminal.printError('The configuration is not valid:');
  for (const fault of faults) terminal.printError(`  ${formatSettingError(fault)}`);
  return { outcome: 'ended', exitCode: EXIT.config };
}

/** What a command without options of its own begins with: arguments, then a valid configuration. */
export function readArgumentsAndConfig(
  args: readonly string[],
  { help, terminal }: { help: string; terminal: Terminal },
): WithConfig | Exit {
  const parsed = readArguments(args, { help, options: {}, terminal });
  return parsed.outcome === 'ended' ? parsed : requireConfig(terminal);
}

function parseOptions<const O extends ParseArgsOptionsConfig>(args: readonly string[], options: O, words: boolean) {
  const { values, positionals } = parseArgs({ args: [...args], options, strict: true, allowPositionals: words });
  return { outcome: 'parsed' as const, values, words: positionals };
}

/** Yes by the option `--yes` or by the operator; where nobody can be asked, only the option counts. Says so otherwise. */
export async function confirm(
  question: string,
  { yes, terminal }: { readonly yes: boolean; readonly terminal: Terminal },
): Promise<boolean> {
  if (yes || (await terminal.confirm?.(question)) === true) return true;
  terminal.print(
    terminal.confirm === undefined ? '\nNothing was changed. Add --yes to go on.' : 'Nothing was changed.',
  );
  return false;
}
