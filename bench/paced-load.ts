/**
 * Sends callbacks at a fixed rate, whatever the responses do, and times each one to its response and to the request at
 * the merchant. It runs in the process of the merchant's endpoint, so one clock times both.
 */
import { setTimeout } from 'node:timers/promises';
import type { InProcessEndpoint } from './in-process-endpoint.ts';
import { type Connection, openConnection } from './load/connection.ts';
import { renderCallback } from './load/requests.ts';
import { type Percentiles, percentiles } from './percentiles.ts';
import { CALLBACK_PATH, SALT } from './testbed.ts';

const CONNECTIONS = 64;
const TICK_MS = 1;
/** After the last callback. */
const ARRIVED_WITHIN_MS = 60_000;

export interface PacedResult {
  readonly events: number;
  /** Milliseconds from sending a callback to its response, with the wait for a free connection. */
  readonly answer: Percentiles;
  /** Milliseconds from sending a callback to the merchant's request. */
  readonly toMerchant: Percentiles;
  /** Events a second, from the first callback to the last request at the merchant. */
  readonly perSecond: number;
}

export interface PacedLoad {
  /** Rejects when a response is not 204, or when an event does not arrive within a minute. Called once. */
  run(at: { readonly rate: number; readonly seconds: number }): Promise<PacedResult>;
  close(): void;
}

interface Waiting {
  readonly request: Buffer;
  readonly sinceMs: number;
}

/** Opens the connections. `name`: the prefix of the payment ids, different for each load. */
export async function openPacedLoad(to: {
  readonly port: number;
  readonly merchant: InProcessEndpoint;
  readonly name: string;
}): Promise<PacedLoad> {
  const { promise: broken, reject } = Promise.withResolvers<never>();
  broken.catch(() => undefined);
  const sender = await openSender(to.port, reject);
  const late = async (count: number) => {
    await setTimeout(ARRIVED_WITHIN_MS, null, { ref: false });
    throw new Error(`of ${count} events, not all were delivered in ${ARRIVED_WITHIN_MS / 1_000} s`);
  };
  return {
    async run({ rate, seconds }) {
      const total = Math.round(rate * seconds);
      const arrivals: Promise<number>[] = [];
      const startedAtMs = performance.now();
      while (arrivals.length < total) {
        const due = Math.min(total, Math.floor(((performance.now() - startedAtMs) / 1_000) * rate));
        while (arrivals.length < due) arrivals.push(sendOne(sender, to, arrivals.length));
        await Promise.race([setTimeout(TICK_MS), broken]);
      }
      const toMerchantMs = await Promise.race([Promise.all(arrivals), broken, late(total)]);
      // Without the time of a usual event, which is no sign of a backlog.
      const tookMs = performance.now() - startedAtMs - percentiles(toMerchantMs.slice(0, Math.ceil(total / 2))).median;
      return {
        events: total,
        answer: percentiles(sender.answersMs),
        toMerchant: percentiles(toMerchantMs),
        perSecond: (total / tookMs) * 1_000,
      };
    },
    close: sender.close,
  };
}

/** Each event has a payment of its own; every second one is a POST with a body. */
async function sendOne(
  sender: Sender,
  { merchant, name }: { merchant: InProcessEndpoint; name: string },
  number: number,
): Promise<number> {
  const id = `${name}-${number}`;
  const type = number % 2 === 0 ? 'BOOKED' : 'UNFREEZE';
  const request = renderCallback(type, id, { path: CALLBACK_PATH, salt: SALT });
  const arrived = merchant.expect(id);
  // How late this process is itself is not charged to the receiver.
  const sinceMs = performance.now();
  sender.send({ request, sinceMs });
  return (await arrived) - sinceMs;
}

interface Sender {
  readonly answersMs: readonly number[];
  /** Sends on a free connection, or as soon as one is free. */
  send(callback: Waiting): void;
  close(): void;
}

async function openSender(port: number, onFailure: (error: Error) => void): Promise<Sender> {
  const answersMs: number[] = [];
  const waiting: Waiting[] = [];
  const connections: Connection[] = [];
  const free: ((callback: Waiting) => void)[] = [];
  for (let i = 0; i < CONNECTIONS; i += 1) {
    let sentSinceMs = 0;
    const begin = ({ request, sinceMs }: Waiting) => {
      sentSinceMs = sinceMs;
      connection.send(request);
    };
    const onResponse = (status: number) => {
      answersMs.push(performance.now() - sentSinceMs);
      if (status !== 204) onFailure(new Error(`the response to a callback was ${status}`));
      const next = waiting.shift();
      if (next === undefined) free.push(begin);
      else begin(next);
    };
    const connection = await openConnection({ port, onResponse, onFailure });
    connections.push(connection);
    free.push(begin);
  }
  return {
    answersMs,
    send(callback) {
      // The one that was free longest: the receiver closes a connection that stays idle.
      const begin = free.shift();
      if (begin === undefined) waiting.push(callback);
      else begin(callback);
    },
    close() {
      for (const connection of connections) connection.close();
    },
  };
}
