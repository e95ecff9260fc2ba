/** Which version of the program a receiver runs in its next life. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyNextVersion } from '../../test/harness/next-version.ts';
import type { CleanUps } from '../lib/cleanup.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface Versions {
  /** The folder of the program for the next life of this receiver. */
  programOf(replica: string): string;
  /** From its next life on it runs the other one; returns that one's version. */
  swap(replica: string): string;
}

/** All run this version at first. The other one is a copy with one more migration, gone after the run. */
export async function prepareVersions(cleanUps: CleanUps): Promise<Versions> {
  const folder = await mkdtemp(join(tmpdir(), 'resurs-next-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }));
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
