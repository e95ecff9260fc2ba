/** Clock steps in the second receiver's process alone, by libfaketime; the machine's clock is never touched. */
import { access, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { within } from '../random.ts';
import { pause } from '../waiting.ts';
import type { Fault } from './fault.ts';

const HOUR_SECONDS = 3_600;
/** Longer than the library keeps an offset before it reads the file again. */
const STEPPED_MS = [1_500, 3_000] as const;

/** Debian's library, or null. */
export async function findFaketime(): Promise<string | null> {
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
export async function removeRemains(): Promise<void> {
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

function clockStep(name: string, seconds: number): Fault {
  return {
    name,
    lane: 'database',
    async happen({ stepClock, signal }, random) {
      if (stepClock === null) return { skipped: 'libfaketime is not installed (Debian: faketime)' };
      await stepClock(seconds);
      await pause(within(random, STEPPED_MS), signal);
      await stepClock(0);
      return 'survived';
    },
  };
}

export const CLOCK_FAULTS: readonly Fault[] = [
  clockStep('clock-forward', HOUR_SECONDS),
  clockStep('clock-back', -HOUR_SECONDS),
];
