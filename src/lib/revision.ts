/**
 * The commit that this program was made of, so that a log line and `GET /status` say which code runs. The image sets it
 * in its environment; a checkout has it in its folder `.git`, which is read without running git.
 */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';

const ROOT = path.join(import.meta.dirname, '..', '..');
/** SHA-1, or SHA-256 where a repository uses that. */
const COMMIT = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

export interface RevisionSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder of the program; its own where it is missing. */
  readonly root?: string;
}

/** Returns the commit, or null where nothing tells it. Reads files: use it at start and not per request. */
export function readRevision({ env, root = ROOT }: RevisionSource): string | null {
  const given = env.RECEIVER_REVISION?.trim() ?? '';
  return given === '' ? readCheckedOut(path.join(root, '.git')) : given;
}

function readCheckedOut(dotGit: string): string | null {
  const folder = folderNamedBy(dotGit);
  const head = readText(path.join(folder, 'HEAD'));
  const reference = /^ref: (refs\/.+)$/.exec(head ?? '')?.[1];
  if (reference === undefined) return commitOf(head);
  // A worktree has its own HEAD, and shares the branches.
  const shared = path.resolve(folder, readText(path.join(folder, 'commondir')) ?? '.');
  return commitOf(readText(path.join(shared, reference))) ?? readPacked(shared, reference);
}

/** `.git` is a folder, or in a worktree a file that names one. */
function folderNamedBy(dotGit: string): string {
  const named = /^gitdir: (.+)$/.exec(readText(dotGit) ?? '')?.[1];
  return named === undefined ? dotGit : path.resolve(path.dirname(dotGit), named);
}

/** Branches that have not moved for a while stand together in one file, a commit and a name a line. */
function readPacked(folder: string, reference: string): string | null {
  const lines = readText(path.join(folder, 'packed-refs'))?.split('\n') ?? [];
  return commitOf(lines.find((line) => line.endsWith(` ${reference}`))?.split(' ')[0] ?? null);
}

function commitOf(text: string | null): string | null {
  return text !== null && COMMIT.test(text) ? text : null;
}

/** Null for a file that is missing or may not be read: then the commit is unknown, which stops nothing. */
function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}
