/**
 * What all commands share: their interface to the program, the terminal, and their start (help, arguments,
 * configuration). Commands never touch the process: they get a terminal and resolve with an exit code, so a test runs
 * them as an operator does.
 */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { loadConfig, type Origins } from '../config/load.ts';
import { formatSettingError, type SettingError } from '../config/setting-error.ts';
import type { Config } from '../config/settings.ts';
import { CALLBACK_TYPES, type CallbackType } from '../protocol/ecom/callback-types.ts';

/** The environment, the output and the operator, as a command sees them. */
export interface Terminal {
  readonly env: Record<string, string | undefined>;
  /** Prints one line on standard output. */
  print(line: string): void;
  /** Prints one line on standard error. */
  printError(line: string): void;
  /** Whether standard output is a screen, which others may see; missing for a pipe or a file. */
  readonly isScreen?: boolean;
  /** Replaces the line that shows how far the command is; an empty one removes it. Missing where there is no screen. */
  readonly showProgress?: (line: string) => void;
  /** Fires when the operator asks to stop. */
  readonly stop?: AbortSignal;
  /** Asks the operator for yes or no; missing without an interactive terminal. */
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

/** A wrong argument; the message is for the operator, and the command ends with 64. */
export class UsageError extends Error {}

/** The parsed options of a command. */
export type OptionValues<O extends ParseArgsOptionsConfig> = ReturnType<typeof parseOptions<O>>['values'];

interface CommandDefinition<O extends ParseArgsOptionsConfig> extends Pick<Command, 'summary' | 'help'> {
  /** Without `help`, which every command has. */
  readonly options: O;
}

interface UnconfiguredDefinition<O extends ParseArgsOptionsConfig> extends CommandDefinition<O> {
  /** Whether words are allowed beside the options. */
  readonly words?: boolean;
  /** May throw a UsageError. Resolves with the exit code. */
  run(input: {
    readonly values: OptionValues<O>;
    readonly words: readonly string[];
    readonly terminal: Terminal;
  }): Promise<number>;
}

/** Defines a command that runs without a valid configuration. Help and wrong arguments end it before `run`. */
export function defineUnconfiguredCommand<const O extends ParseArgsOptionsConfig>(
  definition: UnconfiguredDefinition<O>,
): Command {
  const { summary, help, options, words = false } = definition;
  return {
    summary,
    help,
    async run(args, terminal) {
      const parsed = readArguments(args, { help, options, terminal, words });
      if (parsed.outcome === 'ended') return parsed.exitCode;
      try {
        return await definition.run({ values: parsed.values, words: parsed.words, terminal });
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        return printUsageError(error.message, terminal).exitCode;
      }
    },
  };
}

interface ConfiguredDefinition<O extends ParseArgsOptionsConfig, P> extends CommandDefinition<O> {
  /** Words beside the options: callback types, whatever `parse` takes, or none at all (the default). */
  readonly words?: 'types' | 'any';
  /** False keeps warnings about the configuration silent (true). */
  readonly showWarnings?: boolean;
  /** Parses options and words before the configuration is loaded. Throws a UsageError. */
  readonly parse?: (values: OptionValues<O>, words: readonly string[]) => P;
  /** Resolves with the exit code. */
  run(input: {
    readonly values: OptionValues<O>;
    /** What `parse` returned. */
    readonly parsed: P;
    readonly types: readonly CallbackType[];
    readonly config: Config;
    readonly origins: Origins;
    readonly terminal: Terminal;
  }): Promise<number>;
}

/**
 * Defines a command that needs a valid configuration. Help, wrong arguments (64) and an invalid configuration (78) end
 * it before `run`, in this order.
 */
export function defineCommand<const O extends ParseArgsOptionsConfig, P = undefined>(
  definition: ConfiguredDefinition<O, P>,
): Command {
  const { summary, help, options, words, showWarnings = true } = definition;
  return defineUnconfiguredCommand({
    summary,
    help,
    options,
    words: words !== undefined,
    async run({ values, words: given, terminal }) {
      const types = parseTypes(words === 'types' ? given : []);
      const parsed = definition.parse?.(values, given) as P;
      const configured = requireConfig(terminal, { showWarnings });
      if (configured.outcome === 'ended') return configured.exitCode;
      const { config, origins } = configured;
      return definition.run({ values, parsed, types, config, origins, terminal });
    },
  });
}

/** The end of a command with this exit code; everything was printed. */
export interface Exit {
  readonly outcome: 'ended';
  readonly exitCode: number;
}

/**
 * Parses options strictly. `--help` prints the help and ends with 0. An unknown option, a missing value or a stray word
 * is reported on standard error and ends with 64; with `words` words are allowed. `options` need not contain `help`.
 */
export function readArguments<const O extends ParseArgsOptionsConfig>(
  args: readonly string[],
  { help, options, terminal, words = false }: { help: string; options: O; terminal: Terminal; words?: boolean },
): ReturnType<typeof parseOptions<O>> | Exit {
  // First, because help is needed most when other options are wrong.
  if (args.includes('--help') || args.includes('-h')) {
    terminal.print(help);
    return { outcome: 'ended', exitCode: EXIT.ok };
  }

  try {
    return parseOptions(args, options, words);
  } catch (error) {
    return printUsageError(error instanceof Error ? error.message : String(error), terminal);
  }
}

function parseOptions<const O extends ParseArgsOptionsConfig>(args: readonly string[], options: O, words: boolean) {
  const { values, positionals } = parseArgs({ args: [...args], options, strict: true, allowPositionals: words });
  return { outcome: 'parsed' as const, values, words: positionals };
}

function printUsageError(message: string, terminal: Terminal): Exit {
  terminal.printError(message);
  terminal.printError('Try --help.');
  return { outcome: 'ended', exitCode: EXIT.usage };
}

/** Parses event types: each once and in the usual order; all seven when there are no words. Case does not matter. */
function parseTypes(words: readonly string[]): readonly CallbackType[] {
  const names = words.flatMap((word) => word.split(',')).map((word) => word.trim().toUpperCase());
  const unknown = names.find((name) => !CALLBACK_TYPES.some((type) => type === name));
  if (unknown !== undefined) {
    throw new UsageError(`${JSON.stringify(unknown)} is no event type. Types are ${CALLBACK_TYPES.join(', ')}.`);
  }
  return CALLBACK_TYPES.filter((type) => names.length === 0 || names.includes(type));
}

/** A valid configuration. */
export interface WithConfig {
  readonly outcome: 'configured';
  readonly config: Config;
  readonly origins: Origins;
}

/** Loads the configuration. Prints warnings and errors on standard error, all at once; an invalid one ends with 78. */
export function requireConfig(terminal: Terminal, { showWarnings = true } = {}): WithConfig | Exit {
  const loaded = loadConfig(terminal.env);
  if (showWarnings) for (const warning of loaded.warnings) terminal.printError(`Warning: ${warning}`);
  if (loaded.outcome === 'loaded') {
    return { outcome: 'configured', config: loaded.config, origins: loaded.origins };
  }

  return { outcome: 'ended', exitCode: printSettingErrors(loaded.errors, terminal) };
}

/** Prints errors of the configuration and returns the exit code 78. */
export function printSettingErrors(errors: readonly SettingError[], terminal: Terminal): number {
  terminal.printError('The configuration is not valid:');
  for (const error of errors) terminal.printError(`  ${formatSettingError(error)}`);
  return EXIT.config;
}

/** Returns true with `--yes` or when the operator confirms. Otherwise prints that nothing was changed. */
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
