/** The version in package.json: the one place where it stands. */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';

/** Reads it anew at each call; for start-up, not for the way of a request. */
export function readVersion(): string {
  const file = path.join(import.meta.dirname, '..', '..', 'package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string };
  return version;
}
