/**
 * The signature of a TEST callback without a digest that our own `trigger-test` requested. It travels in the five
 * values, because Resurs registers TEST without a digest. The command signs and the receiver verifies, so both are
 * here. A signature must expire after its hour: a TEST URL is written to access logs like any other.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Callback } from './callback.ts';
import { type DigestPolicy, fixedSaltsFor } from './salts.ts';

const MAX_AGE_MS = 3_600_000;
const MAX_CLOCK_SKEW_MS = 300_000;

/**
 * Computes param5 over param1 and param2: 40 lower-case hex digits. `secret` is the master key, or else a salt of TEST.
 */
export function signTest(secret: string, param1: string, param2: string): string {
  return createHmac('sha256', secret).update(`TEST-trigger:${param1}:${param2}`).digest('hex').slice(0, 40);
}

/**
 * Verifies the signature of a TEST. False for other types, and if neither key nor salt is set. `nowMs` is unix time.
 */
export function verifyTestSignature(callback: Callback, policy: DigestPolicy, nowMs: number): boolean {
  const [param1 = '', param2 = '', , , param5 = ''] = callback.testParams;
  const isWellFormed = /^[0-9a-f]{32}$/i.test(param1) && /^[0-9]{1,12}$/.test(param2) && /^[0-9a-f]{40}$/i.test(param5);
  if (callback.type !== 'TEST' || !isWellFormed) return false;

  const ageMs = nowMs - Number(param2) * 1000;
  if (ageMs > MAX_AGE_MS || ageMs < -MAX_CLOCK_SKEW_MS) return false;

  const received = Buffer.from(param5, 'hex');
  let isValid = false;
  for (const secret of policy.keys.length > 0 ? policy.keys : fixedSaltsFor('TEST', policy)) {
    isValid = timingSafeEqual(received, Buffer.from(signTest(secret, param1, param2), 'hex')) || isValid;
  }
  return isValid;
}
