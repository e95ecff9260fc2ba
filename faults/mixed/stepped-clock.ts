/** A clock for one process that can be stepped, by libfaketime; the machine's clock is never touched. */
import { access, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CleanUps } from '../lib/cleanup.ts';

export interface SteppedClock {
  readonly env: Readonly<Record<string, string>>;
  /** Null where it cannot be done. */
  readonly step: ((seconds: number) => Promise<void>) | null;
}

export async function makeClock(cleanUps: CleanUps): Promise<SteppedClock> {
  const library = await findFaketime();
  if (library === null) return { env: {}, step: null };
  const folder = await mkdtemp(join(tmpdir(), 'resurs-clock-'));
  cleanUps.push(() => rm(folder, { recursive: true, force: true }), removeFaketimeLeftovers);
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

/** Debian's library, or null. */
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

/** What the library of a process leaves in shared memory, by names that end with its number, when it is killed. */
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
