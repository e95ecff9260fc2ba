/**
 * One hostile sender: connections, one after the other, on each of which requests follow each other, several at once
 * where they allow it. Every answer is held against what its kind allows. All it does follows from its stream of
 * chance.
 */
import type { Random } from '../../src/lib/clock.ts';
import { whole } from './attacks/generators.ts';
import { drawKind } from './attacks.ts';
import type { Tally } from './counters.ts';
import type { Door } from './endpoint.ts';
import type { Sweep } from './leak-scan.ts';
import { openWire, type Wire } from './raw-connection.ts';
import type { Kind, Shot } from './request.ts';
import { contradictionsOf, outcomeOf, type Seen } from './response-reader.ts';

export interface Stage {
  readonly tally: Tally;
  readonly sweep: Sweep;
  readonly signal: AbortSignal;
}

interface Drawn {
  readonly kind: Kind;
  readonly shot: Shot;
}

/** Above every time-out of the receiver. */
const ANSWER_WITHIN_MS = 20_000;
const ROUNDS = [1, 30] as const;
const PIPELINED = [1, 12] as const;

/** Sends that many requests to the door; ends earlier only when the signal says so. */
export async function sendHostile(
  stage: Stage,
  door: Door,
  { random, requests }: { readonly random: Random; readonly requests: number },
): Promise<void> {
  let left = requests;
  while (left > 0 && !stage.signal.aborted) {
    const wire = await openWire(door.port, stage.signal).catch(() => null);
    if (wire === null) {
      stage.tally.wrong(`${door.name}: no connection is to be had`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      continue;
    }
    left -= await talk(stage, door, { wire, random, most: left });
    wire.reset();
  }
}

interface Talk {
  readonly wire: Wire;
  readonly random: Random;
  readonly most: number;
}

/** One connection to its end; resolves with how many requests it was good for. */
async function talk(stage: Stage, door: Door, { wire, random, most }: Talk): Promise<number> {
  let sent = 0;
  for (let rounds = whole(random, ...ROUNDS); rounds > 0 && sent < most && !stage.signal.aborted; rounds -= 1) {
    const { together, last } = drawRound(random, door, most - sent);
    sent += together.length;
    if (!(await sendTogether(stage, door, { wire, drawn: together }))) return sent;
    if (last !== null) {
      await sendLast(stage, door, { wire, drawn: last });
      return sent + 1;
    }
  }
  return sent;
}

/** Requests that may stand behind each other, and perhaps one that ends the connection. */
function drawRound(random: Random, door: Door, most: number): { together: Drawn[]; last: Drawn | null } {
  const together: Drawn[] = [];
  for (let count = Math.min(most, whole(random, ...PIPELINED)); count > 0; count -= 1) {
    const kind = drawKind(random);
    const shot = kind.draw(random, door);
    if (!shot.keepsOpen) return { together, last: { kind, shot } };
    together.push({ kind, shot });
  }
  return { together, last: null };
}

/** False when the connection ended, or cannot be trusted any more. */
async function sendTogether(
  stage: Stage,
  door: Door,
  { wire, drawn }: { wire: Wire; drawn: Drawn[] },
): Promise<boolean> {
  void wire.write(drawn.flatMap(({ shot }) => shot.pieces).join(''));
  let isAsAllowed = true;
  for (const one of drawn) {
    // Behind an answer that was wrong nothing can be told apart.
    const seen = isAsAllowed ? await wire.next(ANSWER_WITHIN_MS) : 'closed';
    if (isAsAllowed) isAsAllowed = note(stage, door, one, seen);
    else leaveOpen(stage, door, one);
  }
  return isAsAllowed && !wire.isOver();
}

/** Nobody knows what became of it. */
function leaveOpen({ tally }: Stage, door: Door, { kind, shot }: Drawn): void {
  tally.count(kind.name, 'not told apart');
  if (shot.fact !== undefined) tally.doubtful.get(door.name)?.push(shot.fact);
}

async function sendLast(stage: Stage, door: Door, { wire, drawn }: { wire: Wire; drawn: Drawn }): Promise<void> {
  const { shot, kind } = drawn;
  for (const piece of shot.pieces) await wire.write(piece);
  if (shot.ending === 'reset') {
    stage.tally.count(kind.name, 'reset');
    return;
  }
  if (shot.ending === 'half_close') wire.halfClose();
  const seen = await wire.next(ANSWER_WITHIN_MS, shot.isHead);
  note(stage, door, drawn, seen);
  // The end of our side makes the other one say all it has to say.
  if (shot.ending === undefined) wire.halfClose();
  for (let more = await wire.next(ANSWER_WITHIN_MS); more !== 'closed'; more = await wire.next(ANSWER_WITHIN_MS)) {
    if (more === 'silent') return stage.tally.wrong(`${door.name}, ${kind.name}: the connection stays open`);
    // What the parser says of the rest is no answer to a request.
    if (outcomeOf(more) !== 'plain 400') {
      stage.tally.wrong(`${door.name}, ${kind.name}: a second answer, ${outcomeOf(more)}`);
    }
  }
}

/** Counts and judges; true when it is as allowed. */
function note({ tally, sweep }: Stage, door: Door, { kind, shot }: Drawn, seen: Seen | 'closed' | 'silent'): boolean {
  const outcome = typeof seen === 'string' ? seen : outcomeOf(seen);
  tally.count(kind.name, outcome);
  if (shot.fact !== undefined) {
    const facts = outcome === 'callback 204' ? tally.taken : tally.doubtful;
    facts.get(door.name)?.push(shot.fact);
  }
  if (typeof seen !== 'string') {
    sweep.look(`an answer to ${kind.name}`, seen.text);
    for (const fault of contradictionsOf(seen, shot.isHead === true))
      tally.wrong(`${door.name}, ${kind.name}: ${fault}`);
  }
  if (shot.allowed.includes(outcome)) return true;
  const request = JSON.stringify(shot.pieces.join('').slice(0, 300));
  const isFirst = !tally.wrongs.has(`${door.name}, ${kind.name}: ${outcome}`);
  tally.wrong(`${door.name}, ${kind.name}: ${outcome}`);
  if (isFirst)
    tally.wrong(`${door.name}, ${kind.name}: ${outcome} is not one of ${shot.allowed.join(', ')}: ${request}`);
  return false;
}
