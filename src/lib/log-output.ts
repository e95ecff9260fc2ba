/**
 * Writes log lines to standard output. An output that fails or stalls never stops or blocks the process: a full disk
 * or a closed pipe loses lines, which are counted, and nothing else.
 */
import { fstatSync, write, writeSync } from 'node:fs';
import type { Clock } from './clock.ts';
import { errorCode } from './errors.ts';
import { createLogBuffer, type LogBuffer } from './log-buffer.ts';

export interface LogOutput {
  /** Takes a whole line, with its end. Never throws. */
  write(line: string): void;
  /** Number of lines that were dropped since the start. */
  droppedLines(): number;
  /** Writes what is not written yet, before the process exits. A reader that is busy gets a short time for it. */
  flush(): void;
}

const STDOUT = 1;
/** Upper bound for a stalled reader. Further lines are dropped, to protect the memory of the process. */
const MAX_BUFFERED_LENGTH = 16 * 1024 * 1024;
const BUSY_RETRY_MS = 10;
/**
 * The least time between two writes. A write costs more than the lines in it, because it wakes another thread. A line
 * after a pause is written at once.
 */
const SPACING_MS = 25;
/** So much is written without waiting. */
const FULL_LENGTH = 64 * 1024;
/** How long after a failure the output is tried again when no line is logged meanwhile. */
const PROBE_MS = 1_000;
const FLUSH_LIMIT_MS = 500;

/** Creates an output. Lines that are logged within a short time are written by one system call. */
export function createLogOutput(clock: Clock): LogOutput {
  makeStdoutNonBlocking();
  const buffer = createLogBuffer(MAX_BUFFERED_LENGTH, (dropped) => reportLine(dropped, clock.now()));
  const isFull = () => buffer.length() >= FULL_LENGTH;
  const pace = createPace(clock, start);
  let state: 'idle' | 'scheduled' | 'writing' | 'busy' = 'idle';
  let probe: NodeJS.Timeout | undefined;

  function schedule(): void {
    state = 'scheduled';
    pace.schedule(isFull());
  }

  function start(): void {
    const bytes = buffer.next();
    state = bytes === null ? 'idle' : 'writing';
    if (bytes === null) return;
    pace.began();
    write(STDOUT, bytes, (error, count) => {
      if (error === null) {
        buffer.advance(count);
        // A line that was written in part gets its end at once.
        if (count < bytes.length) start();
        else if (buffer.length() > 0) schedule();
        else state = 'idle';
      } else if (isBusy(error)) {
        state = 'busy';
        setTimeout(start, BUSY_RETRY_MS);
      } else {
        // The next line tries again; the probe does if none comes.
        buffer.abandon();
        state = 'idle';
        clearTimeout(probe);
        probe = setTimeout(() => state === 'idle' && start(), PROBE_MS).unref();
      }
    });
  }

  return {
    write(line) {
      buffer.add(line);
      if (state === 'idle') schedule();
      else if (isFull()) pace.hasten();
    },
    droppedLines: buffer.dropped,
    flush() {
      // What another thread is writing is left to it.
      if (state === 'writing') buffer.advance(buffer.next()?.length ?? 0);
      flushSync(buffer, clock);
    },
  };
}

interface Pace {
  /** Calls `start` once: SPACING_MS after the last write began, or as soon as possible if it is urgent. */
  schedule(isUrgent: boolean): void;
  /** Calls `start` as soon as possible if it still waits. */
  hasten(): void;
  /** Notes that a write begins now. */
  began(): void;
}

/** Decides when writes start. */
function createPace(clock: Clock, start: () => void): Pace {
  let waiting: NodeJS.Timeout | null = null;
  let nextAtMs = Number.NEGATIVE_INFINITY;

  function startNow(): void {
    waiting = null;
    start();
  }

  return {
    schedule(isUrgent) {
      const waitMs = isUrgent ? 0 : nextAtMs - clock.elapsed();
      if (waitMs > 0) waiting = setTimeout(startNow, waitMs);
      else setImmediate(start);
    },
    hasten() {
      if (waiting === null) return;
      clearTimeout(waiting);
      waiting = null;
      setImmediate(start);
    },
    began() {
      nextAtMs = clock.elapsed() + SPACING_MS;
    },
  };
}

function flushSync(buffer: LogBuffer, clock: Clock): void {
  const deadlineMs = clock.elapsed() + FLUSH_LIMIT_MS;
  for (let bytes = buffer.next(); bytes !== null; bytes = buffer.next()) {
    try {
      buffer.advance(writeSync(STDOUT, bytes));
    } catch (error) {
      if (!isBusy(error) || clock.elapsed() > deadlineMs) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_RETRY_MS);
    }
  }
}

/**
 * Makes a write to a full pipe or socket fail instead of wait. A thread that waits in a write cannot be ended, not even
 * by the exit of the process. Node does it for standard output when its stream is first used.
 */
function makeStdoutNonBlocking(): void {
  const kind = fstatSync(STDOUT);
  if (kind.isFIFO() || kind.isSocket()) void process.stdout.writable;
}

function isBusy(error: unknown): boolean {
  return errorCode(error) === 'EAGAIN' || errorCode(error) === 'EBUSY';
}

function reportLine(count: number, nowMs: number): string {
  const line = { level: 'warn', time: new Date(nowMs).toISOString(), event: 'log.lines_dropped', count };
  return `${JSON.stringify(line)}\n`;
}
