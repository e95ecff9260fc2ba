/**
 * Operators and their monitoring send status requests without a pause while the backlog is long: the overview, the
 * metrics, a dry replay. Callbacks arrive meanwhile, and no callback waits for these requests.
 */
import { setTimeout } from 'node:timers/promises';
import { seedHistory } from '../../test/harness/seed-events.ts';
import { quantile } from '../hostile/legitimate-traffic.ts';
import { type Fault, violationUnless } from './fault.ts';
import { seedUnfinished } from './seed-backlog.ts';
import { type Callback, generateCallbacks, sendCallbacks } from './send-callbacks.ts';
import { startReceivers, type Testbed, withTestbed } from './testbed.ts';

const FULL_SIZE = { history: 300_000, payments: 200_000, lastsMs: 60_000 } as const;
const SHORT_SIZE = { history: 10_000, payments: 4_000, lastsMs: 4_000 } as const;
const LOOPS = 16;
const SENDING = { connections: 4, pauseMs: 20 } as const;
/** Resurs waits five seconds, and the service responds within four. */
const FULL_WITHIN_MS = 4_000;

interface StatusRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
}

const STATUS_REQUESTS: readonly StatusRequest[] = [
  { method: 'GET', path: '/status' },
  { method: 'GET', path: '/metrics' },
  { method: 'POST', path: '/replays', body: JSON.stringify({ state: 'delivered', dryRun: true }) },
];

interface ProbeResult {
  readonly path: string;
  readonly tookMs: number;
  /** What was wrong with the response; null when nothing was. */
  readonly violation: string | null;
}

export const looks: Fault = {
  name: 'looks',
  promise: 'status requests about a long backlog, without a pause, are all answered, and no callback waits for them',
  inject: (context) =>
    withTestbed(context, {}, async (testbed) => {
      const { history, payments, lastsMs } = context.isShort ? SHORT_SIZE : FULL_SIZE;
      const past = { prefix: 'past', count: history, fromDaysAgo: 300, toDaysAgo: 1, state: 'delivered' } as const;
      await seedHistory(testbed.database.connectionString, past);
      await seedUnfinished(testbed.database, { prefix: 'many', payments, fromDaysAgo: 20, toDaysAgo: 0 });
      await testbed.merchant.goAway();
      await startReceivers(testbed);

      const over = AbortSignal.timeout(lastsMs);
      const probing = Promise.all(Array.from({ length: LOOPS }, (_, loop) => probeUntil(testbed, over, loop)));
      const sent = await sendCallbacks(
        testbed,
        untilAborted(over, generateCallbacks('beside', Number.MAX_SAFE_INTEGER)),
        SENDING,
      );
      const probes = (await probing).flat();
      await Promise.all(testbed.replicas.map((replica) => replica.stop()));

      const callbackTimes = sent.accepted.map(({ tookMs }) => tookMs);
      const [p99, worst] = [millisAt(callbackTimes, 0.99), millisAt(callbackTimes, 1)];
      const isFastEnough = context.isShort || (sent.refused === 0 && worst < FULL_WITHIN_MS);
      return {
        summary: [
          `${sent.accepted.length} callbacks beside ${probes.length} status requests: p99 ${p99} ms, worst ${worst} ms`,
          ...STATUS_REQUESTS.map(({ path }) => timesOf(probes, path)),
        ].join('; '),
        figures: { looks: probes.length, looksCallbackP99Ms: p99, looksCallbackWorstMs: worst },
        violations: [
          ...probes.flatMap(({ violation }) => (violation === null ? [] : [violation])),
          ...violationUnless(
            isFastEnough,
            `the slowest callback took ${worst} ms, ${sent.refused} requests were not answered 204`,
          ),
          ...testbed.replicas.flatMap(({ crashes }) => crashes),
        ],
        violationCounts: {},
      };
    }),
};

async function probeUntil(testbed: Testbed, over: AbortSignal, loop: number): Promise<ProbeResult[]> {
  const probes: ProbeResult[] = [];
  for (let turn = loop; !over.aborted && !testbed.signal.aborted; turn += 1) {
    const request = STATUS_REQUESTS[turn % STATUS_REQUESTS.length];
    if (request !== undefined) probes.push(await probeOnce(testbed, request));
    // Yields to the other tasks of this process.
    await setTimeout(1);
  }
  return probes;
}

async function probeOnce(
  { replicas, statusToken, signal }: Testbed,
  { method, path, body }: StatusRequest,
): Promise<ProbeResult> {
  const startedAtMs = performance.now();
  const headers = { authorization: `Bearer ${statusToken}`, 'content-type': 'application/json' };
  let violation: string | null;
  try {
    const response = await fetch(`${replicas[0]?.url()}${path}`, { method, headers, body: body ?? null, signal });
    violation = checkResponse({ method, path }, response.status, await response.text());
  } catch (error) {
    signal.throwIfAborted();
    violation = `${method} ${path}: ${String(error)}`;
  }
  return { path, tookMs: performance.now() - startedAtMs, violation };
}

function checkResponse({ method, path }: StatusRequest, status: number, text: string): string | null {
  if (status !== (method === 'GET' ? 200 : 202)) return `${method} ${path}: ${status}`;
  const isUp = path !== '/metrics' || /^resurs_database_up 1$/m.test(text);
  return isUp ? null : 'resurs_database_up is not 1';
}

function* untilAborted(over: AbortSignal, callbacks: Iterable<Callback>): Generator<Callback> {
  for (const callback of callbacks) {
    if (over.aborted) return;
    yield callback;
  }
}

function timesOf(probes: readonly ProbeResult[], route: string): string {
  const times = probes.filter(({ path }) => path === route).map(({ tookMs }) => tookMs);
  return `${route} ${millisAt(times, 0.5)} ms, worst ${millisAt(times, 1)} ms`;
}

function millisAt(times: readonly number[], share: number): number {
  return Math.round(quantile(times, share) ?? 0);
}
