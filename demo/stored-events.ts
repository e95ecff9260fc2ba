/** Reads the stored events through the receiver's status API, as a merchant's own tools would. */
import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 100;
const FINISHED_STATES = ['delivered', 'dead_letter'];

/** The parts of an event that the demo shows (contract 7). */
export interface StoredEvent {
  readonly id: string;
  readonly sequence: number;
  readonly type: string;
  readonly callback: string;
  readonly paymentId: string | null;
  readonly orderReference: string | null;
  readonly result: string | null;
  readonly receipts: { readonly count: number };
  readonly delivery: { readonly state: string; readonly attemptCount: number } | null;
}

export interface StatusApi {
  readonly baseUrl: string;
  readonly token: string;
  /** A payment whose deliveries need not be finished. */
  readonly unfinished?: string;
}

/**
 * Waits until every delivery is finished and returns all events, oldest first. After `withinMs` it returns the events
 * as they are: the verdicts then name what is missing.
 */
export async function waitForSettledEvents(
  api: StatusApi,
  withinMs: number,
  signal: AbortSignal,
): Promise<StoredEvent[]> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const events = await fetchEvents(api, signal);
    if (
      events.every((event) => isFinished(event) || event.paymentId === api.unfinished) ||
      performance.now() > deadline
    )
      return events;
    await wait(POLL_MS, undefined, { signal });
  }
}

function isFinished({ delivery }: StoredEvent): boolean {
  return delivery === null || FINISHED_STATES.includes(delivery.state);
}

async function fetchEvents({ baseUrl, token }: StatusApi, signal: AbortSignal): Promise<StoredEvent[]> {
  const response = await fetch(`${baseUrl}/events?limit=200`, {
    headers: { authorization: `Bearer ${token}` },
    signal,
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`GET /events returned ${response.status}: ${text.slice(0, 300)}`);

  const { events } = JSON.parse(text) as { events: StoredEvent[] };
  return events.toReversed();
}
