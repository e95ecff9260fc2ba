/**
 * The folder of the server's socket: a short path in the system's temporary folder, accessible only to its owner.
 *
 * It is outside the data folder because the path of a socket may have only about a hundred bytes. Its path is saved in
 * the data folder, so that the next start can remove the folder of a service that ended by kill -9.
 */
import { chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { EmbeddedError } from './error.ts';
import type { FileOwner } from './run-as.ts';

const PREFIX = 'receiver-pg-';
/** sun_path has 103 bytes on macOS (107 on Linux); `/.s.PGSQL.5432` and mkdtemp's six letters are added to the base. */
const MAX_BASE_BYTES = 103 - '/.s.PGSQL.5432'.length - '/'.length - PREFIX.length - 6;

/** Creates the folder with `owner` as its owner. Throws `forbidden` if it cannot be created. */
export async function makeSocketDir(owner: FileOwner): Promise<string> {
  const base = Buffer.byteLength(tmpdir()) <= MAX_BASE_BYTES ? tmpdir() : '/tmp';
  try {
    const socketDir = await mkdtemp(path.join(base, PREFIX));
    await chown(socketDir, owner.uid, owner.gid);
    return socketDir;
  } catch (cause) {
    throw new EmbeddedError(
      'forbidden',
      `The folder for Postgres' socket cannot be created in ${base}: ${String(cause)}. Set TMPDIR to another folder, or set DATABASE_URL.`,
      { cause },
    );
  }
}

/** Removes the folder that the previous start saved, if it still exists, and saves ours. */
export async function saveSocketDir(dataDir: string, socketDir: string): Promise<void> {
  const savedPathFile = savedPathFileIn(dataDir);
  const previousDir = await readFile(savedPathFile, 'utf8').catch(() => '');
  if (path.basename(previousDir).startsWith(PREFIX)) await rm(previousDir, { recursive: true, force: true });
  await writeFile(savedPathFile, socketDir);
}

/** Returns the saved socket folder of the server of `dataDir`; null if none is saved or it no longer exists. */
export async function findSocketDir(dataDir: string): Promise<string | null> {
  const socketDir = await readFile(savedPathFileIn(dataDir), 'utf8').catch(() => '');
  if (!path.basename(socketDir).startsWith(PREFIX)) return null;
  return (await stat(socketDir).catch(() => null))?.isDirectory() === true ? socketDir : null;
}

/** Removes the folder and its saved path. */
export async function removeSocketDir(dataDir: string, socketDir: string): Promise<void> {
  await rm(socketDir, { recursive: true, force: true });
  await rm(savedPathFileIn(dataDir), { force: true });
}

function savedPathFileIn(dataDir: string): string {
  return path.join(dataDir, 'socket-folder');
}
