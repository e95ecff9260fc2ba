/** `unregister`: removes the callback URLs of some types, or of all, from Resurs, and reads back that they are gone. */
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import { describeRegistered } from '../registrations/plan.ts';
import { fetchAllRegistered, unregisterCallback } from '../registrations/registered.ts';
import { confirm, defineCommand, EXIT, type Terminal } from './command.ts';
import { progressLine, unregisterLines } from './register-report.ts';
import { openSaltRecords, type SaltRecords } from './salt-records.ts';
import { type ResursAccess, withResurs } from './with-resurs.ts';

const HELP = `Usage: receiver unregister [TYPE…] [--yes]

Removes the callback URL of the types named, or of all seven, from Resurs. Prints what is registered
and asks first. Callbacks of a type that is not registered are never sent.

Needs RESURS_USERNAME and RESURS_PASSWORD; RESURS_ENVIRONMENT says which Resurs.

Exit codes: 0 nothing is registered any more, 1 something still is, 64 wrong usage, 78 settings missing or wrong.`;

export const unregister = defineCommand({
  summary: 'remove callback URLs from Resurs',
  help: HELP,
  options: { yes: { type: 'boolean', default: false } },
  words: 'types',
  async run({ values: { yes }, types, config, terminal }) {
    return withResurs(config, { needed: ['RESURS_USERNAME'], terminal }, async (access) => {
      const records = await openSaltRecords(config);
      try {
        return await unregisterTypes(access, types, { yes, terminal, records });
      } finally {
        await records.close();
      }
    });
  },
});

async function unregisterTypes(
  { channels, addresses, signal }: ResursAccess,
  types: readonly CallbackType[],
  { yes, terminal, records }: { readonly yes: boolean; readonly terminal: Terminal; readonly records: SaltRecords },
): Promise<number> {
  const registered = await fetchAllRegistered(channels, types, signal);
  terminal.print(`Resurs: ${addresses.rest} and ${addresses.soap}\n`);
  for (const type of types)
    terminal.print(`${type}\n  now   ${describeRegistered(registered.get(type) ?? { outcome: 'nothing' })}`);
  if (!(await confirm('\nUnregister these? Their callbacks will not be sent.', { yes, terminal }))) {
    return EXIT.failed;
  }

  terminal.print('');
  for (const [index, type] of types.entries()) {
    // A removal that was begun is finished, so that its report is true.
    const result = signal.aborted ? null : await unregisterCallback(channels, type, new AbortController().signal);
    for (const line of result === null ? ['Stopped on request.'] : unregisterLines(type, result)) terminal.print(line);
    if (result !== null && result.outcome !== 'failed') {
      // Without a database there is nothing to forget.
      await records.forget(type);
      continue;
    }
    terminal.printError(progressLine(types, index));
    return EXIT.failed;
  }
  return EXIT.ok;
}
