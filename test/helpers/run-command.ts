/** Runs a command in the test's own process, with a terminal that records what the command prints. */
import type { Command, Terminal } from '../../src/commands/command.ts';

/** How a command ended: its exit code, and its lines on standard output and standard error, joined by line breaks. */
export interface CommandResult {
  readonly exitCode: number;
  readonly out: string;
  readonly errors: string;
}

/** `rest` adds to the terminal: a signal that stops the command, a confirmation, or a screen. */
export async function runCommand(
  command: Command,
  args: readonly string[],
  env: Record<string, string> = {},
  rest: Pick<Terminal, 'stop' | 'confirm' | 'isScreen' | 'showProgress'> = {},
): Promise<CommandResult> {
  const out: string[] = [];
  const errors: string[] = [];
  const exitCode = await command.run(args, {
    ...rest,
    env,
    print: (line) => void out.push(line),
    printError: (line) => void errors.push(line),
  });
  return { exitCode, out: out.join('\n'), errors: errors.join('\n') };
}
