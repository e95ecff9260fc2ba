/** The version of this program, from package.json. */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';

/** Reads the version from the file on each call; use it at start and not per request. */
export function readVersion(): string {
  const file = path.join(import.meta.dirname, '..', '..', 'package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string };
  return version;
}
