/**
 * A merchant whose mood the faults set: every answer of the acknowledgement table, silence, resets, answers that drip.
 * It remembers each request that reached it as a whole, in the order in which they came, with what it answered.
 *
 * Signatures are computed again rather than verified with the package's five minutes, since the receivers' clocks step.
 */
import { hash } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { resetSocket } from '../../src/lib/reset-socket.ts';
import type { CleanUps } from '../lib/cleanup.ts';
import type { Arrival } from '../merchant.ts';
import { type Door, startDoor } from './merchant-listener.ts';

/** A status, or what it does instead of answering. `trickle` is a 500 whose body drips for longer than anybody waits. */
export type Mood = number | 'hang' | 'headless' | 'reset' | 'trickle';
export type SeenArrival = Omit<Arrival, 'fate'> & { fate: Mood };

/** Decides about one request; null leaves it to the next one that has something to say. */
export type Whim = (arrival: SeenArrival, answer: (mood: Mood, written?: () => void) => void) => boolean;

export interface MoodyMerchant {
  readonly url: string;
  readonly door: Door;
  readonly arrivals: readonly SeenArrival[];
  /** The mood for each request from now on. */
  feel(mood: () => Mood): void;
  /** Asked before the mood, until the function it returns is called; true when it answers by itself. */
  interfere(whim: Whim): () => void;
}

const WORK_MS = 5;
const TRICKLE_EVERY_MS = 200;

export async function startMoodyMerchant(secret: string, cleanUps: CleanUps): Promise<MoodyMerchant> {
  const arrivals: SeenArrival[] = [];
  const whims = new Set<Whim>();
  const webhook = new Webhook(secret);
  let mood: () => Mood = () => 204;
  const server = createServer(async (request, response) => {
    const body = await buffer(request).catch(() => null);
    if (body === null) return;
    const arrival = readArrival(webhook, request.headers, body);
    arrivals.push(arrival);
    const answer = (chosen: Mood, written?: () => void): void => {
      arrival.fate = chosen;
      give(chosen, response, written);
    };
    if ([...whims].some((whim) => whim(arrival, answer))) return;
    const chosen = mood();
    arrival.fate = chosen;
    setTimeout(() => answer(chosen), WORK_MS);
  });
  const door = await startDoor(server, cleanUps);
  return {
    url: `http://127.0.0.1:${door.port}/events`,
    door,
    arrivals,
    feel: (next) => {
      mood = next;
    },
    interfere(whim) {
      whims.add(whim);
      return () => void whims.delete(whim);
    },
  };
}

function give(mood: Mood, response: ServerResponse, written: () => void = () => undefined): void {
  // Whoever sent it may be dead by now.
  response.on('error', () => undefined);
  if (typeof mood === 'string') misbehave(mood, response);
  else answer(mood, response, written);
}

function misbehave(mood: Exclude<Mood, number>, response: ServerResponse): void {
  if (mood === 'reset') resetSocket(response.socket);
  // A status line, and then nothing.
  if (mood === 'headless') response.socket?.write('HTTP/1.1 204 No Content\r\nx-slow: ');
  if (mood === 'trickle') trickle(response);
}

function answer(mood: number, response: ServerResponse, written: () => void): void {
  const isLater = mood === 429 || mood === 503;
  const isElsewhere = mood >= 300 && mood < 400;
  const headers = { ...(isLater && { 'retry-after': '1' }), ...(isElsewhere && { location: '/elsewhere' }) };
  response.writeHead(mood, headers).end(written);
}

function trickle(response: ServerResponse): void {
  response.writeHead(500);
  const timer = setInterval(() => response.write('.'), TRICKLE_EVERY_MS);
  response.on('close', () => clearInterval(timer));
}

interface EventData {
  readonly sequence: number;
  readonly paymentId: string;
  readonly body: unknown;
}

function readArrival(webhook: Webhook, headers: IncomingHttpHeaders, body: Buffer): SeenArrival {
  const named = (name: string): string => String(headers[name] ?? '');
  const text = body.toString('utf8');
  const { sequence, paymentId, body: fact } = dataOf(text);
  const sentAt = new Date(Number(named('webhook-timestamp')) * 1000);
  const signature = webhook.sign(named('webhook-id'), sentAt, text);
  return {
    webhookId: named('webhook-id'),
    attempt: Number(named('webhook-attempt')),
    sequence,
    paymentId,
    fact: JSON.stringify(fact),
    replica: named('authorization').replace('Bearer ', ''),
    fingerprint: hash('sha256', body),
    isVerified: named('webhook-signature').split(' ').includes(signature),
    fate: 'hang',
  };
}

/** What is no event at all gets a place among the arrivals too, where the judge finds it. */
function dataOf(text: string): EventData {
  try {
    return (JSON.parse(text) as { readonly data: EventData }).data;
  } catch {
    return { sequence: 0, paymentId: '', body: null };
  }
}
