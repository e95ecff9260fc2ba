/**
 * A queue of others as a process of its own: filled with the same requests before, then draining them to the endpoint with
 * as many requests in flight as the receiver has. It neither signs nor keeps an order nor writes attempts down.
 */
import { Agent, request } from 'undici';
import { renderPayload } from '../../src/deliveries/payload.ts';
import type { StoredEvent } from '../../src/events/event.ts';
import { bookedBody } from '../../src/simulator/sample-bodies.ts';
import { answerTasks, type Helper, startHelper } from '../worker-process.ts';

/** The default of WEBHOOK_CONCURRENCY. */
export const REQUESTS_IN_FLIGHT = 16;

export type PeerTask =
  | { readonly kind: 'fill'; readonly connectionString: string; readonly jobs: number }
  | { readonly kind: 'start'; readonly connectionString: string; readonly url: string }
  | { readonly kind: 'stop' };

export interface Peer {
  fill(connectionString: string, bodies: readonly object[]): Promise<void>;
  /** Begins to drain; resolves to what ends it. */
  start(connectionString: string, post: (body: object) => Promise<void>): Promise<() => Promise<void>>;
}

/** The process's side. */
export function runPeer(peer: Peer): void {
  let stop: (() => Promise<void>) | null = null;
  answerTasks<PeerTask, null>(async (task) => {
    if (task.kind === 'fill') await peer.fill(task.connectionString, bodies(task.jobs));
    if (task.kind === 'start') stop = await peer.start(task.connectionString, poster(task.url));
    if (task.kind === 'stop') await stop?.();
    return null;
  });
}

/** The other side: a process for a package of bench/node_modules, or null where that is not installed. */
export function startPeer(name: 'graphile-worker' | 'pg-boss'): Helper<PeerTask, null> | null {
  try {
    import.meta.resolve(name);
  } catch {
    return null;
  }
  return startHelper<PeerTask, null>(`peers/${name}.ts`);
}

/** The package, without its types: the repository is checked where it is not installed, too. */
export async function importPeer<Module>(name: string): Promise<Module> {
  return (await import(name)) as Module;
}

function poster(url: string): (body: object) => Promise<void> {
  const dispatcher = new Agent({ connections: REQUESTS_IN_FLIGHT, pipelining: 1 });
  const headers = { 'content-type': 'application/json' };
  return async (body) => {
    const answer = await request(url, { dispatcher, method: 'POST', headers, body: JSON.stringify(body) });
    await answer.body.dump();
    if (answer.statusCode !== 204) throw new Error(`the endpoint answered ${answer.statusCode}`);
  };
}

/** What the receiver would send for the events of seedHistory. */
function bodies(count: number): object[] {
  return Array.from({ length: count }, (_, n) => JSON.parse(renderPayload(eventNumber(n)).toString()) as object);
}

function eventNumber(n: number): StoredEvent {
  return {
    id: '00000000-0000-7000-8000-000000000000',
    sequence: n + 1,
    paymentId: `backlog-${Math.floor(n / 4)}`,
    callback: 'BOOKED',
    type: 'payment.booked',
    result: null,
    method: n % 2 === 0 ? 'POST' : 'GET',
    parameters: {},
    body: n % 2 === 0 ? Buffer.from(bookedBody(1)) : null,
    registeredAt: null,
    receivedAt: new Date(1_700_000_000_000),
    verified: { digest: true, result: true, basicAuth: false, source: false },
  };
}
