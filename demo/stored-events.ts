/**
 * What the receiver kept, asked for through its status API, the way a merchant's own tools would ask.
 */
import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 100;
const FINISHED_STATES = ['delivered', 'dead_letter'];

/** The parts of an event that the demo shows (contract 7). */
export interface KeptEvent {
  readonly id: string;
  readonly sequence: number;
  readonly type: string;
  readonly callback: string;
  readonly paymentId: string | null;
  readonly result: string | null;
  readonly receipts: { readonly count: number };
  readonly delivery: { readonly state: string; readonly attemptCount: number } | null;
}

export interface StatusApi {
  readonly baseUrl: string;
  readonly token: string;
}

/**
 * Waits until no delivery is under way and returns all events, oldest first. After `withinMs` it returns what there is: what is
 * missing then is for the verdict to say.
 */
export async function settledEvents(api: StatusApi, withinMs: number, signal: AbortSignal): Promise<KeptEvent[]> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const events = await fetchEvents(api, signal);
    if (events.every(isFinished) || performance.now() > deadline) return events;
    await wait(POLL_MS, undefined, { signal });
  }
}

function isFinished({ delivery }: KeptEvent): boolean {
  return delivery === null || FINISHED_STATES.includes(delivery.state);
}

async function fetchEvents({ baseUrl, token }: StatusApi, signal: AbortSignal): Promise<KeptEvent[]> {
  const response = await fetch(`${baseUrl}/events?limit=200`, {
    headers: { authorization: `Bearer ${token}` },
    signal,
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`GET /events was answered ${response.status}: ${text.slice(0, 300)}`);

  const { events } = JSON.parse(text) as { events: KeptEvent[] };
  return events.toReversed();
}
