/** Decides which version of the program a receiver runs after its next start. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyNextVersion } from '../../test/harness/next-version.ts';
import type { Cleanup } from '../lib/cleanup.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface Versions {
  /** Returns the program folder for the next start of this receiver. */
  programOf(replica: string): string;
  /** Switches the receiver to the other version from its next start on; returns that version. */
  swap(replica: string): string;
}

/**
 * Makes a copy of the program with one more migration, removed after the run. All receivers start with this version.
 */
export async function prepareVersions(cleanup: Cleanup): Promise<Versions> {
  const folder = await mkdtemp(join(tmpdir(), 'resurs-next-'));
  cleanup.push(() => rm(folder, { recursive: true, force: true }));
  const nextVersion = await copyNextVersion(folder);
  const manifest: { readonly version: string } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const onNext = new Set<string>();
  return {
    programOf: (replica) => (onNext.has(replica) ? folder : ROOT),
    swap(replica) {
      const isNext = !onNext.delete(replica);
      if (isNext) onNext.add(replica);
      return isNext ? nextVersion : manifest.version;
    },
  };
}
