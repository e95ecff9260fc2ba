/**
 * The packages that a package.json names, as npm has installed them: licence, own size, and size with all that comes with
 * each. docs/dependencies.md is compared with them, and its figures are written from them.
 */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';

export const ROOT = path.join(import.meta.dirname, '..', '..');

interface Locked {
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface InstalledPackage {
  readonly name: string;
  /** Null where neither the lock file nor the package says it. */
  readonly licence: string | null;
  /** Null where it is not installed: packages for other systems, and those of the benchmark. */
  readonly sizes: { readonly ownKib: number; readonly allKib: number; readonly packages: number } | null;
}

/** The packages of one list of `folder`/package.json, in its order. */
export function readPackages(folder: string, list: string): InstalledPackage[] {
  const read = (name: string) => JSON.parse(readFileSync(path.join(ROOT, folder, name), 'utf8'));
  const locked: Readonly<Record<string, Locked>> = read('package-lock.json').packages;
  return Object.keys(read('package.json')[list] ?? {}).map((name) => {
    const place = path.join('node_modules', name);
    const all = [...closureOf(locked, place)].filter((each) => existsSync(path.join(ROOT, folder, each)));
    const bytesOf = (each: string) => bytesIn(path.join(ROOT, folder, each));
    const isInstalled = all.includes(place);
    const allBytes = all.reduce((sum, each) => sum + bytesOf(each), 0);
    return {
      name,
      licence: locked[place]?.license ?? null,
      sizes: isInstalled ? { ownKib: toKib(bytesOf(place)), allKib: toKib(allBytes), packages: all.length - 1 } : null,
    };
  });
}

/** The package at a place in the lock file, and each that it needs. */
function closureOf(locked: Readonly<Record<string, Locked>>, place: string, seen = new Set<string>()): Set<string> {
  const entry = locked[place];
  if (entry === undefined || seen.has(place)) return seen;
  seen.add(place);
  for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
    const found = placeOf(locked, place, name);
    if (found !== null) closureOf(locked, found, seen);
  }
  return seen;
}

/** Where Node finds `name` from a package: the nearest folder node_modules that has it. */
function placeOf(locked: Readonly<Record<string, Locked>>, from: string, name: string): string | null {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const place = path.join(folder === '.' ? '' : folder, 'node_modules', name);
    if (place in locked) return place;
    if (folder === '.') return null;
  }
}

/** Packages within a package are counted as their own. */
function bytesIn(folder: string): number {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules')
    .map((entry) => path.join(folder, entry.name))
    .reduce((sum, file) => {
      const status = lstatSync(file);
      return sum + (status.isDirectory() ? bytesIn(file) : status.size);
    }, 0);
}

function toKib(bytes: number): number {
  return Math.round(bytes / 1024);
}
