/** Reads the CPU time and memory of processes from Linux' /proc; null on other systems. */
import { readFile } from 'node:fs/promises';

/** USER_HZ, 100 on every Linux that Node runs on. */
const TICK_MS = 10;
const KIB_PER_MIB = 1_024;

/** CPU time in milliseconds. */
export interface CpuUse {
  readonly receiver: number;
  readonly postgres: number;
}

/**
 * Starts to count the CPU time of a receiver and of Postgres with all its processes. Resolves with a function that
 * returns what both took since then.
 */
export async function cpuMsUsed(receiverPid: number, postgresPid: number): Promise<() => Promise<CpuUse | null>> {
  const read = async () => [await cpuMsOf(receiverPid), await treeCpuMsOf(postgresPid)] as const;
  const before = await read();
  return async () => {
    const after = await read();
    const [receiver, postgres] = [difference(after[0], before[0]), difference(after[1], before[1])];
    return receiver === null || postgres === null ? null : { receiver, postgres };
  };
}

function difference(after: number | null, before: number | null): number | null {
  return after === null || before === null ? null : after - before;
}

/** Returns the CPU time of one process in milliseconds. */
async function cpuMsOf(pid: number): Promise<number | null> {
  const fields = await statOf(pid);
  return fields === null ? null : sum(fields, [11, 12]);
}

/** Returns the CPU time of a server and its child processes, including those that have ended, in milliseconds. */
async function treeCpuMsOf(pid: number): Promise<number | null> {
  const own = await statOf(pid);
  if (own === null) return null;
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const used = await Promise.all(
    children
      .trim()
      .split(' ')
      .map((child) => cpuMsOf(Number(child))),
  );
  return used.reduce<number>((total, one) => total + (one ?? 0), sum(own, [11, 12, 13, 14]));
}

/** Returns the resident memory of one process in MiB. */
export async function residentMiBOf(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kib = /^VmRSS:\s+([0-9]+) kB$/m.exec(status)?.[1];
  return kib === undefined ? null : Number(kib) / KIB_PER_MIB;
}

/** Reads the fields after the program's name, which may contain blanks: proc(5), counted from `state` = 0. */
async function statOf(pid: number): Promise<string[] | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function sum(fields: readonly string[], which: readonly number[]): number {
  return which.reduce((total, index) => total + Number(fields[index]) * TICK_MS, 0);
}
