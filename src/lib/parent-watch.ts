/**
 * Watches whether the process that started this one still runs. npm and npx are started as if they were the program, but
 * a signal to them may end only them and their shell: the program, left behind, would keep its port and its old settings.
 */
import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 250;

/** Started by one of these, the program ends with its parent: `npm start` and `npx receiver`. */
const ENDS_WITH_SCRIPTS = ['start', 'npx'];

export interface ParentWatch {
  readonly env: Record<string, string | undefined>;
  /** Reads the parent's process id, which changes when the parent ends. */
  readonly readParent: () => number;
  readonly onGone: () => void;
}

/** Calls `onGone` once the parent has ended, if this process is to end with it. Does not keep the process alive. */
export function watchParent({ env, readParent, onGone }: ParentWatch): void {
  const launcher = Number(env.RECEIVER_LAUNCHER_PID ?? 0);
  if (launcher === 0 && !ENDS_WITH_SCRIPTS.includes(env.npm_lifecycle_event ?? '')) return;
  const parent = launcher === 0 ? readParent() : launcher;
  const npm = isShell(parent) ? readParentOf(parent) : null;
  const timer = setInterval(() => {
    if (readParent() === parent && (npm === null || readParentOf(parent) === npm)) return;
    clearInterval(timer);
    onGone();
  }, LOOK_EVERY_MS);
  timer.unref();
}

/** Whether this process is a shell with one command, as npx puts it between itself and the program. */
function isShell(pid: number): boolean {
  return /^[^\0]*sh\0-c\0/.test(readProcess(pid, 'cmdline') ?? '');
}

/** Returns the parent of another process; null where the system has no such files. */
function readParentOf(pid: number): number | null {
  // The name in parentheses may contain anything.
  const [, parent] = /\) \S (\d+) [^)]*$/.exec(readProcess(pid, 'stat') ?? '') ?? [];
  return parent === undefined ? null : Number(parent);
}

function readProcess(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return null;
  }
}
