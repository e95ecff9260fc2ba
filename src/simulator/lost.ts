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
export function chooseLost({ share, seed }: LossOptions): IsLost {
  return ({ type, fact, result, expected }) => {
    if (type === 'TEST' || expected.status !== 204) return false;
    const draw = Number.parseInt(hash('sha256', JSON.stringify([seed, fact, result]), 'hex').slice(0, DIGITS), 16);
    return draw / 16 ** DIGITS < share;
  };
}
