/**
 * What a replica says on its way: where it listens, when it is ready, and what became of each attempt as it saw it. A kill
 * may cut the last line in half; what is not a whole line of JSON is kept for the last words only.
 */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const KEPT_LINES = 20;
/** A little less than the receiver waits before it: what fails earlier was under way already. */
const FIRST_PROBE_AFTER_MS = 900;

/** A `delivery.attempted` line. */
export interface AttemptLine {
  readonly eventId: string;
  readonly attempt: number;
  readonly outcome: string;
  /** `settled`, `lost` or `unsettled`. */
  readonly settled: string;
}

export interface ReplicaLog {
  readonly attempts: readonly AttemptLine[];
  url(): string;
  /** Of the program in the present or last life. */
  version(): string;
  /** Probes that failed since this life counts the webhook as down; 0 while it counts it as up. */
  failedProbes(): number;
  /** Lines of this event so far, over all lives. */
  count(event: string): number;
  lastLines(): readonly string[];
  /** Reads the output of a new life. */
  follow(stdout: Readable, stderr: Readable): void;
  /** True when that life takes callbacks; false when it ended before, or after `limitMs`. */
  ready(closed: Promise<unknown>, limitMs: number): Promise<boolean>;
}

export function createReplicaLog(): ReplicaLog {
  const attempts: AttemptLine[] = [];
  const counts = new Map<string, number>();
  const last: string[] = [];
  let url = '';
  let version = '';
  let downAtMs: number | null = null;
  let failedProbes = 0;
  let readiness = Promise.withResolvers<void>();

  function read(line: string): void {
    last.push(line);
    if (last.length > KEPT_LINES) last.shift();
    const entry = parse(line);
    if (entry === null) return;
    const event = String(entry.event);
    counts.set(event, (counts.get(event) ?? 0) + 1);
    if (event === 'service.listening') {
      url = String(entry.callbacks);
      version = String(entry.version);
    }
    if (event === 'service.ready') readiness.resolve();
    if (event === 'delivery.attempted') {
      attempts.push(attemptOf(entry));
      if (downAtMs !== null && performance.now() - downAtMs > FIRST_PROBE_AFTER_MS) failedProbes += 1;
    }
    if (event === 'webhook.down' || event === 'webhook.up' || event === 'service.listening') {
      downAtMs = event === 'webhook.down' ? performance.now() : null;
      failedProbes = 0;
    }
  }

  return {
    attempts,
    url: () => url,
    version: () => version,
    failedProbes: () => failedProbes,
    count: (event) => counts.get(event) ?? 0,
    lastLines: () => last,
    follow(stdout, stderr) {
      readiness = Promise.withResolvers();
      for (const stream of [stdout, stderr]) createInterface({ input: stream }).on('line', read);
    },
    async ready(closed, limitMs) {
      const { promise: late, resolve } = Promise.withResolvers<boolean>();
      const timer = setTimeout(() => resolve(false), limitMs);
      const isReady = await Promise.race([readiness.promise.then(() => true), closed.then(() => false), late]);
      clearTimeout(timer);
      return isReady;
    },
  };
}

/** Only what is judged: a long run has hundreds of thousands of them. */
function attemptOf({ eventId, attempt, outcome, settled }: Readonly<Record<string, unknown>>): AttemptLine {
  return { eventId: String(eventId), attempt: Number(attempt), outcome: String(outcome), settled: String(settled) };
}

function parse(line: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}
