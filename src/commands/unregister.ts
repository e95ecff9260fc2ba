/** `unregister`: has Resurs forget the callback URLs of some types, or of all; what is gone has been looked for. */
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import { describeRegistered } from '../registrations/plan.ts';
import { fetchAllRegistered, unregisterCallback } from '../registrations/registered.ts';
import { parseTypes } from './callback-types.ts';
import { type Command, confirm, EXIT, readArguments, requireConfig, type Terminal } from './command.ts';
import { progressLine, unregisterLines } from './register-report.ts';
import { type ResursAccess, withResurs } from './with-resurs.ts';

const HELP = `Usage: node src/main.ts unregister [TYPE…] [--yes]

Has Resurs forget the callback URL of the types named, or of all seven. Shows what is held and
asks first. Callbacks of a type that is not registered are never sent.

Needs RESURS_USERNAME and RESURS_PASSWORD; RESURS_ENVIRONMENT says which Resurs.

Exit codes: 0 nothing is registered any more, 1 something still is, 64 wrong usage, 78 settings missing or wrong.`;

const OPTIONS = { yes: { type: 'boolean', default: false } } as const;

export const unregister: Command = {
  summary: 'have Resurs forget callback URLs',
  help: HELP,
  async run(args, terminal) {
    const parsed = readArguments(args, { help: HELP, options: OPTIONS, terminal, words: true });
    if (parsed.outcome === 'ended') return parsed.exitCode;
    const chosen = parseTypes(parsed.words, terminal);
    if (chosen.outcome === 'ended') return chosen.exitCode;
    const demanded = requireConfig(terminal);
    if (demanded.outcome === 'ended') return demanded.exitCode;

    const { yes } = parsed.values;
    return withResurs(demanded.config, { needed: ['RESURS_USERNAME'], terminal }, (access) => {
      return unregisterTypes(access, chosen.types, { yes, terminal });
    });
  },
};

async function unregisterTypes(
  { channels, addresses, signal }: ResursAccess,
  types: readonly CallbackType[],
  { yes, terminal }: { readonly yes: boolean; readonly terminal: Terminal },
): Promise<number> {
  const held = await fetchAllRegistered(channels, types, signal);
  terminal.print(`Resurs: ${addresses.rest} and ${addresses.soap}\n`);
  for (const type of types)
    terminal.print(`${type}\n  now   ${describeRegistered(held.get(type) ?? { outcome: 'nothing' })}`);
  if (!(await confirm('\nHave Resurs forget these? Their callbacks will not be sent.', { yes, terminal }))) {
    return EXIT.failed;
  }

  terminal.print('');
  for (const [index, type] of types.entries()) {
    // A removal that was begun is brought to its end, so that what is said of it is true.
    const removal = signal.aborted ? null : await unregisterCallback(channels, type, new AbortController().signal);
    for (const line of removal === null ? ['Stopped on request.'] : unregisterLines(type, removal))
      terminal.print(line);
    if (removal !== null && removal.outcome !== 'failed') continue;
    terminal.printError(progressLine(types, index));
    return EXIT.failed;
  }
  return EXIT.ok;
}
