/** How the image starts the receiver. A process that is measured runs as operators run it. */
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { ROOT } from './receiver-process.ts';

const DOCKERFILE = path.join(ROOT, 'Dockerfile');

/** Few malloc arenas, as in the image's ENV. */
export const IMAGE_ENV = { MALLOC_ARENA_MAX: '2' } as const;

/** Reads Node's own flags from the image's ENTRYPOINT. */
export async function imageNodeFlags(): Promise<string[]> {
  const [, argv = '[]'] = /^ENTRYPOINT (.*)$/m.exec(await readFile(DOCKERFILE, 'utf8')) ?? [];
  const args: string[] = JSON.parse(argv);
  return args.filter((arg) => arg.startsWith('--'));
}
