/**
 * The folder of the server's socket: a short path in the system's temporary folder, open to its owner alone.
 *
 * It lies outside the data folder because a socket's path may have about a hundred bytes. Where it lies is written
 * down in the data folder, so that the next start can remove what a service ended by kill -9 left there.
 */
import { chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { EmbeddedError } from './error.ts';
import type { FileOwner } from './run-as.ts';

const PREFIX = 'receiver-pg-';
/** sun_path holds 103 bytes on macOS (107 on Linux); `/.s.PGSQL.5432` and mkdtemp's six letters are added. */
const LONGEST_BASE_BYTES = 103 - '/.s.PGSQL.5432'.length - '/'.length - PREFIX.length - 6;

/** Makes the folder, for `owner` to put a socket in. Throws `forbidden` when there is no place for it. */
export async function makeSocketDir(owner: FileOwner): Promise<string> {
  const base = Buffer.byteLength(tmpdir()) <= LONGEST_BASE_BYTES ? tmpdir() : '/tmp';
  try {
    const socketDir = await mkdtemp(path.join(base, PREFIX));
    await chown(socketDir, owner.uid, owner.gid);
    return socketDir;
  } catch (cause) {
    throw new EmbeddedError(
      'forbidden',
      `No folder for Postgres' socket can be made in ${base}: ${String(cause)}. Set TMPDIR to another one, or DATABASE_URL.`,
      { cause },
    );
  }
}

/** Removes the folder the predecessor wrote down, if it still is there, and writes down our own. */
export async function saveSocketDir(dataDir: string, socketDir: string): Promise<void> {
  const note = noteIn(dataDir);
  const previousDir = await readFile(note, 'utf8').catch(() => '');
  if (path.basename(previousDir).startsWith(PREFIX)) await removeFolder(previousDir);
  await writeFile(note, socketDir);
}

/** The folder that the server of `dataDir` listens in, as it is written down; null when none is, or it is gone. */
export async function findSocketDir(dataDir: string): Promise<string | null> {
  const socketDir = await readFile(noteIn(dataDir), 'utf8').catch(() => '');
  if (!path.basename(socketDir).startsWith(PREFIX)) return null;
  return (await stat(socketDir).catch(() => null))?.isDirectory() === true ? socketDir : null;
}

/** Removes the folder and the note about it. */
export async function removeSocketDir(dataDir: string, socketDir: string): Promise<void> {
  await removeFolder(socketDir);
  await rm(noteIn(dataDir), { force: true });
}

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

function noteIn(dataDir: string): string {
  return path.join(dataDir, 'socket-folder');
}
