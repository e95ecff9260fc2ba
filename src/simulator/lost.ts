/**
 * Chooses the callbacks that never come: what they report happens at Resurs, and no try of them is sent. A choice
 * follows from its seed and the fact alone, so repeats of a lost callback are lost with it. Pure.
 */
import { hash } from 'node:crypto';
import type { ReportedCallback } from './result.ts';

/** Whether a callback never comes. */
export type IsLost = (callback: ReportedCallback) => boolean;

export interface LossOptions {
  /** 0 to 1: how many of the callbacks that Resurs owes are lost. */
  readonly share: number;
  readonly seed: string;
}

const DIGITS = 12;

/** Loses only what a receiver would store: a stranger's callback and a TEST come in any case. */
export function chooseLost(options: LossOptions): IsLost {
  return (callback) => isOwed(callback) && drawOf(options.seed, factOf(callback)) < options.share;
}

/**
 * The same for facts that have a time or a random id in them, as those of the Merchant API: what is chosen follows from
 * their places in the scenario instead.
 */
export function chooseLostIn(scenario: readonly (readonly ReportedCallback[])[], { share, seed }: LossOptions): IsLost {
  const lost = new Set<string>();
  for (const [index, sequence] of scenario.entries()) {
    const facts = new Set(sequence.map(factOf));
    for (const [place, fact] of [...facts].entries()) if (drawOf(seed, `${index} ${place}`) < share) lost.add(fact);
  }
  return (callback) => isOwed(callback) && lost.has(factOf(callback));
}

function isOwed({ type, expected }: ReportedCallback): boolean {
  return type !== 'TEST' && expected.status === 204;
}

function factOf({ fact, result }: ReportedCallback): string {
  return `${fact} ${result}`;
}

/** Returns a number from 0 to 1. */
function drawOf(seed: string, name: string): number {
  const digits = hash('sha256', JSON.stringify([seed, name]), 'hex').slice(0, DIGITS);
  return Number.parseInt(digits, 16) / 16 ** DIGITS;
}
