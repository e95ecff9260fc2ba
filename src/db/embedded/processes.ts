/**
 * Runs the binaries, and finds running processes.
 *
 * Child processes get a fixed, small environment without any of our variables, so no secret reaches them. Each leads
 * its own session, so that Ctrl-C in the terminal reaches only the service, which decides when Postgres stops.
 */
import { type ChildProcess, execFile, type StdioOptions, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';

/** LC_ALL=C also keeps Postgres' messages in English, because `server.ts` parses them. */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * Starts `command` in the background. Call it on the main thread: the signal that stops Postgres with its parent is
 * sent when the thread that started it ends, not the process (prctl(2), PR_SET_PDEATHSIG).
 */
export function spawnProcess(command: readonly string[], stdio: StdioOptions): ChildProcess {
  const [program = '', ...args] = command;
  return spawn(program, args, { detached: true, cwd: '/', env: ENVIRONMENT, stdio });
}

export interface RunResult {
  /** Null if the program could not be started or was terminated by a signal. */
  readonly exitCode: number | null;
  /** Its output: both streams together. */
  readonly output: string;
}

/** Runs `command` to its end, with `input` as its standard input. Never rejects. */
export function runToEnd(command: readonly string[], input = ''): Promise<RunResult> {
  const { promise, resolve } = Promise.withResolvers<RunResult>();
  const child = spawnProcess(command, ['pipe', 'pipe', 'pipe']);
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  // A program that ends without reading its input breaks the pipe; its exit code is enough.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  child.once('error', (error) => resolve({ exitCode: null, output: error.message }));
  child.once('close', (exitCode) => resolve({ exitCode, output: output.trim() }));
  return promise;
}

export interface RunningProcess {
  readonly parentPid: number;
  /** Empty for a process that has ended but was not yet reaped by its parent. */
  readonly args: readonly string[];
}

/** Returns the process `pid`, or null if there is none. */
export function findProcess(pid: number): Promise<RunningProcess | null> {
  return process.platform === 'linux' ? fromProcfs(pid) : fromPs(pid);
}

async function fromProcfs(pid: number): Promise<RunningProcess | null> {
  try {
    const folder = path.join('/proc', String(pid));
    const [cmdline, stat] = await Promise.all([
      readFile(path.join(folder, 'cmdline'), 'utf8'),
      readFile(path.join(folder, 'stat'), 'utf8'),
    ]);
    // The second field is the name of the program in parentheses; it may contain any characters, also blanks and
    // parentheses.
    const [, parentPid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parentPid: Number(parentPid), args: cmdline.split('\0').slice(0, -1) };
  } catch {
    return null;
  }
}

async function fromPs(pid: number): Promise<RunningProcess | null> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'ppid=,command=', '-p', String(pid)], {
      env: ENVIRONMENT,
    });
    const [parentPid, ...args] = stdout.trim().split(/\s+/);
    return { parentPid: Number(parentPid), args };
  } catch {
    return null;
  }
}
