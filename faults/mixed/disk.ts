/** A small file system of its own for Postgres, in memory, which can be filled to the last block. Needs root. */
import { execFile } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { CleanUps } from '../lib/cleanup.ts';

const run = promisify(execFile);
const SIZE = '1g';
const PIECES = [2 ** 24, 2 ** 20, 2 ** 16, 2 ** 12];

export interface Disk {
  /** Takes all that is left. */
  fill(): Promise<void>;
  empty(): Promise<void>;
}

/** Null where mounting is not allowed. */
export async function mountDisk(folder: string, cleanUps: CleanUps): Promise<Disk | null> {
  if (process.getuid?.() !== 0) return null;
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0700`, 'tmpfs', folder]);
  } catch {
    return null;
  }
  cleanUps.push(() => run('umount', [folder]));
  const ballast = join(folder, 'ballast');
  return { fill: () => fill(ballast), empty: () => rm(ballast, { force: true }) };
}

async function fill(path: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    for (const size of PIECES) await fillBy(file, Buffer.alloc(size));
  } finally {
    await file.close();
  }
}

async function fillBy(file: Awaited<ReturnType<typeof open>>, piece: Buffer): Promise<void> {
  try {
    while ((await file.write(piece)).bytesWritten === piece.length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
