/** A clock of one process that can be stepped, by libfaketime; the machine's clock is never changed. */
import { access, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from '../lib/cleanup.ts';

export interface SteppedClock {
  /** Settings of the process that has the clock. */
  readonly env: Readonly<Record<string, string>>;
  /** Sets the offset; null where libfaketime is missing. */
  readonly step: ((seconds: number) => Promise<void>) | null;
}

/** Creates the clock, without an offset at first, and registers its clean-up. */
export async function makeClock(cleanup: Cleanup): Promise<SteppedClock> {
  const library = await findFaketime();
  if (library === null) return { env: {}, step: null };
  const folder = await mkdtemp(join(tmpdir(), 'resurs-clock-'));
  cleanup.push(() => rm(folder, { recursive: true, force: true }), removeFaketimeLeftovers);
  const file = join(folder, 'offset');
  const step = (seconds: number) => writeFile(file, `${seconds < 0 ? '' : '+'}${seconds}\n`);
  await step(0);
  const env = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_CACHE_DURATION: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  };
  return { env, step };
}

/** Finds Debian's library, or null. */
async function findFaketime(): Promise<string | null> {
  const folders = await readdir('/usr/lib').catch(() => []);
  const paths = folders.map((folder) => join('/usr/lib', folder, 'faketime', 'libfaketime.so.1'));
  const found = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => path,
        () => null,
      ),
    ),
  );
  return found.find((path) => path !== null) ?? null;
}

const SHARED_MEMORY = '/dev/shm';

/** Removes what the library of a killed process leaves in shared memory, under names that end with its pid. */
async function removeFaketimeLeftovers(): Promise<void> {
  const names = await readdir(SHARED_MEMORY).catch(() => []);
  const dead = names.filter((name) => {
    const pid = /faketime_(?:shm|sem)_(\d+)$/.exec(name)?.[1];
    return pid !== undefined && !isAlive(Number(pid));
  });
  await Promise.all(dead.map((name) => rm(join(SHARED_MEMORY, name), { force: true })));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
