/** How the image starts the receiver: whoever measures a process measures the one that operators have. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const DOCKERFILE = join(import.meta.dirname, '..', 'Dockerfile');

/** Node's own arguments in the image's ENTRYPOINT. */
export async function nodeFlags(): Promise<string[]> {
  const [, argv = '[]'] = /^ENTRYPOINT (.*)$/m.exec(await readFile(DOCKERFILE, 'utf8')) ?? [];
  const args: string[] = JSON.parse(argv);
  return args.filter((arg) => arg.startsWith('--'));
}
