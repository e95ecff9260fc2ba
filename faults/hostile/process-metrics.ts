/** Measures a process under attack: memory and open files, as reported by Linux. */
import { readdirSync, readFileSync } from 'node:fs';

const EVERY_MS = 250;

export interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

export interface ProcessMeter {
  readonly samples: readonly Sample[];
  /** Clears the samples. */
  restart(): void;
  stop(): void;
}

/** Samples the memory of a process; there are no samples without /proc. */
export function startProcessMeter(pid: number): ProcessMeter {
  const samples: Sample[] = [];
  let startedAtMs = performance.now();
  const timer = setInterval(() => {
    const bytes = residentBytes(pid);
    if (bytes !== null) samples.push({ atMs: performance.now() - startedAtMs, bytes });
  }, EVERY_MS);
  return {
    samples,
    restart() {
      samples.length = 0;
      startedAtMs = performance.now();
    },
    stop: () => clearInterval(timer),
  };
}

function residentBytes(pid: number): number | null {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

/** Counts the open files of a process; null without /proc. */
export function openFiles(pid: number): number | null {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return null;
  }
}

/** Returns the median of the samples in this part of the time, from 0 to 1; null when there are none. */
export function medianBytes(samples: readonly Sample[], [from, to]: readonly [number, number]): number | null {
  const endMs = samples.at(-1)?.atMs ?? 0;
  const part = samples.filter(({ atMs }) => atMs >= from * endMs && atMs <= to * endMs).map(({ bytes }) => bytes);
  return part.toSorted((a, b) => a - b)[Math.floor(part.length / 2)] ?? null;
}
