/**
 * Operators and their monitoring look again and again while the backlog is long: the overview, the metrics, what a replay
 * would do. Callbacks come meanwhile, and nobody of them waits for those who look.
 */
import { setTimeout } from 'node:timers/promises';
import { seedHistory } from '../../test/harness/seed-events.ts';
import { quantile } from '../hostile/legitimate-traffic.ts';
import { type Fault, unless } from './fault.ts';
import { storeUnfinished } from './seed-backlog.ts';
import { type Callback, callbacksOf, sendCallbacks } from './send-callbacks.ts';
import { inWorld, startReceivers, type World } from './testbed.ts';

const FULL = { history: 300_000, payments: 200_000, lastsMs: 60_000 } as const;
const SHORT = { history: 10_000, payments: 4_000, lastsMs: 4_000 } as const;
const LOOPS = 16;
const SENDING = { connections: 4, pauseMs: 20 } as const;
/** Resurs waits five seconds, and the service answers within four. */
const FULL_WITHIN_MS = 4_000;

interface Look {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
}

const LOOKS: readonly Look[] = [
  { method: 'GET', path: '/status' },
  { method: 'GET', path: '/metrics' },
  { method: 'POST', path: '/replays', body: JSON.stringify({ state: 'delivered', dryRun: true }) },
];

interface Looked {
  readonly path: string;
  readonly tookMs: number;
  /** What was wrong with the answer; null when nothing was. */
  readonly fault: string | null;
}

export const looks: Fault = {
  name: 'looks',
  promise: 'who looks at a long backlog without a pause is answered, and no callback waits for it',
  happen: (stage) =>
    inWorld(stage, {}, async (world) => {
      const { history, payments, lastsMs } = stage.isShort ? SHORT : FULL;
      const past = { prefix: 'past', count: history, fromDaysAgo: 300, toDaysAgo: 1, state: 'delivered' } as const;
      await seedHistory(world.database.connectionString, past);
      await storeUnfinished(world.database, { prefix: 'many', payments, fromDaysAgo: 20, toDaysAgo: 0 });
      await world.merchant.leave();
      await startReceivers(world);

      const over = AbortSignal.timeout(lastsMs);
      const looking = Promise.all(Array.from({ length: LOOPS }, (_, loop) => lookUntil(world, over, loop)));
      const sent = await sendCallbacks(world, until(over, callbacksOf('beside', Number.MAX_SAFE_INTEGER)), SENDING);
      const looked = (await looking).flat();
      await Promise.all(world.replicas.map((replica) => replica.stop()));

      const callbackTimes = sent.answers.map(({ tookMs }) => tookMs);
      const [p99, worst] = [millisAt(callbackTimes, 0.99), millisAt(callbackTimes, 1)];
      const isQuick = stage.isShort || (sent.refused === 0 && worst < FULL_WITHIN_MS);
      return {
        told: [
          `${sent.answers.length} callbacks beside ${looked.length} looks: p99 ${p99} ms, worst ${worst} ms`,
          ...LOOKS.map(({ path }) => timesOf(looked, path)),
        ].join('; '),
        figures: { looks: looked.length, looksCallbackP99Ms: p99, looksCallbackWorstMs: worst },
        faults: [
          ...looked.flatMap(({ fault }) => (fault === null ? [] : [fault])),
          ...unless(isQuick, `the slowest callback took ${worst} ms, ${sent.refused} requests were not answered 204`),
          ...world.replicas.flatMap(({ crashes }) => crashes),
        ],
        toll: {},
      };
    }),
};

async function lookUntil(world: World, over: AbortSignal, loop: number): Promise<Looked[]> {
  const looked: Looked[] = [];
  for (let turn = loop; !over.aborted && !world.signal.aborted; turn += 1) {
    const look = LOOKS[turn % LOOKS.length];
    if (look !== undefined) looked.push(await lookOnce(world, look));
    // Lets the others of this program go on.
    await setTimeout(1);
  }
  return looked;
}

async function lookOnce({ replicas, statusToken, signal }: World, { method, path, body }: Look): Promise<Looked> {
  const startedAtMs = performance.now();
  const headers = { authorization: `Bearer ${statusToken}`, 'content-type': 'application/json' };
  let fault: string | null;
  try {
    const response = await fetch(`${replicas[0]?.url()}${path}`, { method, headers, body: body ?? null, signal });
    fault = faultOf({ method, path }, response.status, await response.text());
  } catch (error) {
    signal.throwIfAborted();
    fault = `${method} ${path}: ${String(error)}`;
  }
  return { path, tookMs: performance.now() - startedAtMs, fault };
}

function faultOf({ method, path }: Look, status: number, text: string): string | null {
  if (status !== (method === 'GET' ? 200 : 202)) return `${method} ${path}: ${status}`;
  const isUp = path !== '/metrics' || /^resurs_database_up 1$/m.test(text);
  return isUp ? null : 'resurs_database_up is not 1';
}

function* until(over: AbortSignal, callbacks: Iterable<Callback>): Generator<Callback> {
  for (const callback of callbacks) {
    if (over.aborted) return;
    yield callback;
  }
}

function timesOf(looked: readonly Looked[], wanted: string): string {
  const times = looked.filter(({ path }) => path === wanted).map(({ tookMs }) => tookMs);
  return `${wanted} ${millisAt(times, 0.5)} ms, worst ${millisAt(times, 1)} ms`;
}

function millisAt(times: readonly number[], share: number): number {
  return Math.round(quantile(times, share) ?? 0);
}
