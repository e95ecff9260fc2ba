/**
 * A hostile sender opens one connection after the other and sends requests on each, pipelined where the attack allows
 * it. It compares every response with the outcomes that the attack allows. All its choices follow from its random
 * stream.
 */
import type { Random } from '../../src/lib/clock.ts';
import { randomInt } from './attacks/generators.ts';
import { pickAttack } from './attacks.ts';
import type { Counters } from './counters.ts';
import type { Endpoint } from './endpoint.ts';
import type { LeakScanner } from './leak-scan.ts';
import { openRawConnection, type RawConnection } from './raw-connection.ts';
import type { Attack, HostileRequest } from './request.ts';
import { outcomeOf, protocolViolations, type RawResponse } from './response-reader.ts';

/** What all senders share. */
export interface SenderContext {
  readonly counters: Counters;
  readonly leakScanner: LeakScanner;
  readonly signal: AbortSignal;
}

interface Drawn {
  readonly attack: Attack;
  readonly request: HostileRequest;
}

/** Longer than every timeout of the receiver. */
const RESPONSE_TIMEOUT_MS = 20_000;
const ROUNDS = [1, 30] as const;
const PIPELINED = [1, 12] as const;

/** Sends this many requests to the endpoint; ends earlier only when the signal aborts. */
export async function runSender(
  context: SenderContext,
  endpoint: Endpoint,
  { random, requests }: { readonly random: Random; readonly requests: number },
): Promise<void> {
  let left = requests;
  while (left > 0 && !context.signal.aborted) {
    const connection = await openRawConnection(endpoint.port, context.signal).catch(() => null);
    if (connection === null) {
      context.counters.violation(`${endpoint.name}: cannot connect`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      continue;
    }
    left -= await useConnection(context, endpoint, { connection, random, most: left });
    connection.reset();
  }
}

interface ConnectionUse {
  readonly connection: RawConnection;
  readonly random: Random;
  readonly most: number;
}

/** Uses one connection until it ends; resolves with the number of requests sent. */
async function useConnection(
  context: SenderContext,
  endpoint: Endpoint,
  { connection, random, most }: ConnectionUse,
): Promise<number> {
  let sent = 0;
  for (let rounds = randomInt(random, ...ROUNDS); rounds > 0 && sent < most && !context.signal.aborted; rounds -= 1) {
    const { pipelined, last } = drawRound(random, endpoint, most - sent);
    sent += pipelined.length;
    if (!(await sendPipelined(context, endpoint, { connection, drawn: pipelined }))) return sent;
    if (last !== null) {
      await sendLast(context, endpoint, { connection, drawn: last });
      return sent + 1;
    }
  }
  return sent;
}

/** Draws requests that can be pipelined, and perhaps one that ends the connection. */
function drawRound(random: Random, endpoint: Endpoint, most: number): { pipelined: Drawn[]; last: Drawn | null } {
  const pipelined: Drawn[] = [];
  for (let count = Math.min(most, randomInt(random, ...PIPELINED)); count > 0; count -= 1) {
    const attack = pickAttack(random);
    const request = attack.draw(random, endpoint);
    if (!request.keepsOpen) return { pipelined, last: { attack, request } };
    pipelined.push({ attack, request });
  }
  return { pipelined, last: null };
}

/** Sends pipelined requests; returns false when the connection ended or is out of step. */
async function sendPipelined(
  context: SenderContext,
  endpoint: Endpoint,
  { connection, drawn }: { connection: RawConnection; drawn: Drawn[] },
): Promise<boolean> {
  void connection.write(drawn.flatMap(({ request }) => request.pieces).join(''));
  let isAllowed = true;
  for (const one of drawn) {
    // After a wrong response, later ones cannot be matched to their requests.
    const response = isAllowed ? await connection.next(RESPONSE_TIMEOUT_MS) : 'closed';
    if (isAllowed) isAllowed = recordResponse(context, endpoint, one, response);
    else recordUnknown(context, endpoint, one);
  }
  return isAllowed && !connection.isOver();
}

/** Counts a request whose response cannot be matched. */
function recordUnknown({ counters }: SenderContext, endpoint: Endpoint, { attack, request }: Drawn): void {
  counters.count(attack.name, 'unmatched');
  if (request.expectedEvent !== undefined) counters.uncertain.get(endpoint.name)?.push(request.expectedEvent);
}

async function sendLast(
  context: SenderContext,
  endpoint: Endpoint,
  { connection, drawn }: { connection: RawConnection; drawn: Drawn },
): Promise<void> {
  const { request, attack } = drawn;
  for (const piece of request.pieces) await connection.write(piece);
  if (request.ending === 'reset') {
    context.counters.count(attack.name, 'reset');
    return;
  }
  if (request.ending === 'half_close') connection.halfClose();
  const response = await connection.next(RESPONSE_TIMEOUT_MS, request.isHead);
  recordResponse(context, endpoint, drawn, response);
  // Half-closing makes the receiver send everything that it still has to send.
  if (request.ending === undefined) connection.halfClose();
  for (
    let more = await connection.next(RESPONSE_TIMEOUT_MS);
    more !== 'closed';
    more = await connection.next(RESPONSE_TIMEOUT_MS)
  ) {
    if (more === 'silent')
      return context.counters.violation(`${endpoint.name}, ${attack.name}: the connection stays open`);
    // A 400 of the parser for the remaining bytes is not a response to a request.
    if (outcomeOf(more) !== 'plain 400') {
      context.counters.violation(`${endpoint.name}, ${attack.name}: a second response, ${outcomeOf(more)}`);
    }
  }
}

/** Counts the response and reports violations; true when the attack allows the outcome. */
function recordResponse(
  { counters, leakScanner }: SenderContext,
  endpoint: Endpoint,
  { attack, request }: Drawn,
  response: RawResponse | 'closed' | 'silent',
): boolean {
  const outcome = typeof response === 'string' ? response : outcomeOf(response);
  counters.count(attack.name, outcome);
  if (request.expectedEvent !== undefined) {
    const expectedEvents = outcome === 'callback 204' ? counters.accepted : counters.uncertain;
    expectedEvents.get(endpoint.name)?.push(request.expectedEvent);
  }
  if (typeof response !== 'string') {
    leakScanner.scan(`a response to ${attack.name}`, response.text);
    for (const violation of protocolViolations(response, request.isHead === true)) {
      counters.violation(`${endpoint.name}, ${attack.name}: ${violation}`);
    }
  }
  if (request.allowed.includes(outcome)) return true;
  const excerpt = JSON.stringify(request.pieces.join('').slice(0, 300));
  const isFirst = !counters.violations.has(`${endpoint.name}, ${attack.name}: ${outcome}`);
  counters.violation(`${endpoint.name}, ${attack.name}: ${outcome}`);
  if (isFirst) {
    counters.violation(
      `${endpoint.name}, ${attack.name}: ${outcome} is not one of ${request.allowed.join(', ')}: ${excerpt}`,
    );
  }
  return false;
}
