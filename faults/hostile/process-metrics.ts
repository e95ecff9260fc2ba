/** What a process costs while it is under attack: memory and open files, by what Linux says of it. */
import { readdirSync, readFileSync } from 'node:fs';

const EVERY_MS = 250;

export interface Sample {
  readonly atMs: number;
  readonly bytes: number;
}

export interface Meter {
  readonly samples: readonly Sample[];
  /** Forgets what was measured so far. */
  restart(): void;
  stop(): void;
}

/** Without samples where there is no /proc. */
export function measureMemory(pid: number): Meter {
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

/** Null where there is no /proc. */
export function openFiles(pid: number): number | null {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return null;
  }
}

/** The middle value of the samples in that part of the time, from 0 to 1; null when there are none. */
export function typicalBytes(samples: readonly Sample[], [from, to]: readonly [number, number]): number | null {
  const endMs = samples.at(-1)?.atMs ?? 0;
  const part = samples.filter(({ atMs }) => atMs >= from * endMs && atMs <= to * endMs).map(({ bytes }) => bytes);
  return part.toSorted((a, b) => a - b)[Math.floor(part.length / 2)] ?? null;
}
