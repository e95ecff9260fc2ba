/** A small in-memory file system for Postgres that can be filled to the last block. Needs root. */
import { execFile } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Cleanup } from '../lib/cleanup.ts';

const run = promisify(execFile);
const SIZE = '1g';
const PIECES = [2 ** 24, 2 ** 20, 2 ** 16, 2 ** 12];

export interface Disk {
  /** Uses up all free space. */
  fill(): Promise<void>;
  empty(): Promise<void>;
}

/** Mounts it on the folder and registers its clean-up; null where mounting is not allowed. */
export async function mountDisk(folder: string, cleanup: Cleanup): Promise<Disk | null> {
  if (process.getuid?.() !== 0) return null;
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0700`, 'tmpfs', folder]);
  } catch {
    return null;
  }
  cleanup.push(() => run('umount', [folder]));
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
