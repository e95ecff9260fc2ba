/** Parses the arguments of the demo. Pure. */
import { parseArgs } from 'node:util';

export type DemoArguments =
  | { readonly outcome: 'parsed'; readonly keep: boolean }
  | { readonly outcome: 'help' }
  | { readonly outcome: 'invalid'; readonly reason: string };

export const USAGE = `Usage: npm run demo [-- --keep]

Runs the whole path of a callback on this machine, prints what each part saw, and whether every promise was kept. It needs no
configuration and leaves nothing behind.

  --keep   keeps everything running afterwards, with some dead letters and refused callbacks to look at, and prints the
           address and the token of the page; Ctrl-C ends it
  --help   prints this`;

/** Parses the arguments behind the program's name. */
export function parseDemoArguments(args: readonly string[]): DemoArguments {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { keep: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } },
    });
    return values.help ? { outcome: 'help' } : { outcome: 'parsed', keep: values.keep };
  } catch (error) {
    return { outcome: 'invalid', reason: error instanceof Error ? error.message : String(error) };
  }
}
