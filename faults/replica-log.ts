/**
 * Follows the log of a replica: where it listens, when it is ready, and the outcome of each attempt as it logged it. A
 * kill may cut the last line in half; a line that is not complete JSON is only kept for error messages.
 */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

const KEPT_LINES = 20;
/**
 * A little less than the receiver waits before its first probe: an attempt that fails earlier was already in flight.
 */
const FIRST_PROBE_AFTER_MS = 900;

/** A `delivery.attempted` log line. */
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
  /** Version of the program in the current process, or in the last one. */
  version(): string;
  /** Probes that failed since this process considers the webhook down; 0 while it considers it up. */
  failedProbes(): number;
  /** Lines of this event so far, over all processes of the replica. */
  count(event: string): number;
  lastLines(): readonly string[];
  /** Names of the secrets that were in a line. */
  readonly leaks: ReadonlySet<string>;
  /** Reads the output of a new process. */
  follow(stdout: Readable, stderr: Readable): void;
  /** True when that process accepts callbacks; false when it ended before, or after `limitMs`. */
  ready(closed: Promise<unknown>, limitMs: number): Promise<boolean>;
}

/** Creates a log that outlives the replica's processes. No line should hold one of the secrets, given by their names. */
export function createReplicaLog(secrets: Readonly<Record<string, string>>): ReplicaLog {
  const attempts: AttemptLine[] = [];
  const counts = new Map<string, number>();
  const last: string[] = [];
  const leaks = new Set<string>();
  let url = '';
  let version = '';
  let downAtMs: number | null = null;
  let failedProbes = 0;
  let readiness = Promise.withResolvers<void>();

  function record(line: string): void {
    for (const [name, secret] of Object.entries(secrets)) if (line.includes(secret)) leaks.add(name);
    last.push(line);
    if (last.length > KEPT_LINES) last.shift();
    const entry = parseEntry(line);
    if (entry === null) return;
    const event = String(entry.event);
    counts.set(event, (counts.get(event) ?? 0) + 1);
    if (event === 'service.listening') {
      url = String(entry.callbacks);
      version = String(entry.version);
    }
    if (event === 'service.ready') readiness.resolve();
    if (event === 'delivery.attempted') {
      attempts.push(toAttemptLine(entry));
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
    leaks,
    follow(stdout, stderr) {
      readiness = Promise.withResolvers();
      for (const stream of [stdout, stderr]) createInterface({ input: stream }).on('line', record);
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

/** Keeps only the fields that a verdict needs: a long run has hundreds of thousands of attempts. */
function toAttemptLine({ eventId, attempt, outcome, settled }: Readonly<Record<string, unknown>>): AttemptLine {
  return { eventId: String(eventId), attempt: Number(attempt), outcome: String(outcome), settled: String(settled) };
}

function parseEntry(line: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}
