/**
 * Runs another queue as a process of its own. It is filled with the same requests first, and then drains them to the
 * endpoint with as many requests in flight as the receiver has. It does not sign, keep an order or record attempts.
 */
import { Agent, request } from 'undici';
import { renderPayload } from '../../src/deliveries/payload.ts';
import type { StoredEvent } from '../../src/events/event.ts';
import { bookedBody } from '../../src/simulator/callbacks.ts';
import { serveTasks, startWorkerProcess, type WorkerProcess } from '../worker-process.ts';

/** The default of WEBHOOK_CONCURRENCY. */
export const REQUESTS_IN_FLIGHT = 16;

export type PeerTask =
  | { readonly kind: 'fill'; readonly connectionString: string; readonly jobs: number }
  | { readonly kind: 'start'; readonly connectionString: string; readonly url: string }
  | { readonly kind: 'stop' };

export interface Peer {
  fill(connectionString: string, bodies: readonly object[]): Promise<void>;
  /** Starts to drain; resolves with a function that stops it. */
  start(connectionString: string, post: (body: object) => Promise<void>): Promise<() => Promise<void>>;
}

/** Serves the tasks inside the peer's process. */
export function runPeer(peer: Peer): void {
  let stop: (() => Promise<void>) | null = null;
  serveTasks<PeerTask, null>(async (task) => {
    if (task.kind === 'fill') await peer.fill(task.connectionString, bodies(task.jobs));
    if (task.kind === 'start') stop = await peer.start(task.connectionString, poster(task.url));
    if (task.kind === 'stop') await stop?.();
    return null;
  });
}

/** Starts the process for a package of bench/node_modules; null when that is not installed. */
export function startPeer(name: 'graphile-worker' | 'pg-boss'): WorkerProcess<PeerTask, null> | null {
  try {
    import.meta.resolve(name);
  } catch {
    return null;
  }
  return startWorkerProcess<PeerTask, null>(`peers/${name}.ts`);
}

/** Imports the package without its types: `tsc` also runs where it is not installed. */
export async function importPeer<Module>(name: string): Promise<Module> {
  return (await import(name)) as Module;
}

function poster(url: string): (body: object) => Promise<void> {
  const dispatcher = new Agent({ connections: REQUESTS_IN_FLIGHT, pipelining: 1 });
  const headers = { 'content-type': 'application/json' };
  return async (body) => {
    const response = await request(url, { dispatcher, method: 'POST', headers, body: JSON.stringify(body) });
    await response.body.dump();
    if (response.statusCode !== 204) throw new Error(`the endpoint returned ${response.statusCode}`);
  };
}

/** Renders the payloads that the receiver would send for the events of seedHistory. */
function bodies(count: number): object[] {
  return Array.from(
    { length: count },
    (_, n) => JSON.parse(renderPayload(eventNumber(n), 'test').toString()) as object,
  );
}

function eventNumber(n: number): StoredEvent {
  return {
    id: '00000000-0000-7000-8000-000000000000',
    sequence: n + 1,
    provider: 'resurs-ecom',
    orderReference: `backlog-${Math.floor(n / 4)}`,
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
    order: { state: 'on_hold', certain: false, earlier: [] },
    snapshot: null,
    missed: null,
    erasedAt: null,
  };
}
