/**
 * Properties of every digest: a valid one is accepted in any case of its letters, and a callback that differs from a
 * signed one in anything the digest covers is rejected. Otherwise strangers could announce payments to the shop.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Callback } from '../../src/protocol/ecom/callback.ts';
import { computeDigest, verifyDigest } from '../../src/protocol/ecom/digest.ts';
import { type DigestPolicy, deriveSalt } from '../../src/protocol/ecom/salts.ts';
import { verifyTestSignature } from '../../src/protocol/ecom/test-signature.ts';

const NOW_MS = Date.UTC(2026, 10, 20, 12);
const KEY = 'k'.repeat(32);
const TYPES = ['BOOKED', 'UPDATE', 'UNFREEZE', 'ANNULMENT', 'FINALIZATION', 'AUTOMATIC_FRAUD_CONTROL', 'TEST', 'NEW'];

const algorithm = fc.constantFrom('sha1' as const, 'md5' as const);
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
const salt = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });

interface Signable {
  readonly type: string;
  readonly id: string;
  readonly result: string;
  readonly values: string[];
  readonly registrationTime: string;
}

const signable: fc.Arbitrary<Signable> = fc.record({
  type: fc.constantFrom(...TYPES),
  id: text,
  result: fc.constantFrom('FROZEN', 'THAWED'),
  values: fc.array(text, { minLength: 5, maxLength: 5 }),
  registrationTime: fc.integer({ min: 0, max: 1_700_000_000 }).map(String),
});

function unsigned({ type, id, result, values, registrationTime }: Signable) {
  const isTest = type === 'TEST';
  const callback: Callback = {
    type,
    paymentId: isTest ? null : id,
    result: type === 'AUTOMATIC_FRAUD_CONTROL' ? result : null,
    digest: null,
    registrationTime,
    accountId: null,
    testParams: isTest ? values : [],
    signedBytes: null,
    parameters: {},
  };
  return { callback, covered: isTest ? values.join('') : id + (callback.result ?? '') };
}

/** Returns the text with one character inserted, removed or replaced. */
function differing(original: string, at: number, character: string): string[] {
  const i = at % original.length;
  const [before, after] = [original.slice(0, i), original.slice(i)];
  return [before + character + after, before + after.slice(1), before + character + after.slice(1)].filter(
    (changed) => changed !== original,
  );
}

function policy(changes: Partial<DigestPolicy>): DigestPolicy {
  return { fixed: {}, keys: [], validFromSeconds: null, algorithms: ['sha1', 'md5'], ...changes };
}

test('a valid digest is accepted in any case of its letters', () => {
  const flips = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 });

  fc.assert(
    fc.property(signable, algorithm, salt, flips, (input, hash, secret, lower) => {
      const { callback, covered } = unsigned(input);
      const right = computeDigest(hash, covered, secret);
      const digest = [...right].map((digit, i) => (lower[i] ? digit.toLowerCase() : digit)).join('');

      const verified = verifyDigest({ ...callback, digest }, policy({ fixed: { '*': ['another', secret] } }), NOW_MS);

      assert.deepEqual(verified, { outcome: 'valid', coversResult: true });
    }),
  );
});

test('a callback that differs in any covered character is rejected', () => {
  fc.assert(
    fc.property(signable, algorithm, fc.nat(), text, (input, hash, at, character) => {
      const { callback, covered } = unsigned(input);
      const derived = deriveSalt(KEY, callback.type, input.registrationTime);
      const signed = { ...callback, digest: computeDigest(hash, covered, derived) };
      const rules = policy({ keys: [KEY] });
      const altered = signed.type === 'TEST' ? [] : differing(input.id, at, character);
      const forged: Callback[] = [
        ...altered.map((paymentId) => ({ ...signed, paymentId })),
        ...differing(input.registrationTime, at, '7').map((registrationTime) => ({ ...signed, registrationTime })),
        ...differing(signed.digest, at, '0').map((digest) => ({ ...signed, digest })),
        ...TYPES.filter((type) => type !== signed.type).map((type) => ({ ...signed, type })),
      ];

      assert.equal(verifyDigest(signed, rules, NOW_MS).outcome, 'valid');
      for (const changed of forged) {
        assert.equal(verifyDigest(changed, rules, NOW_MS).outcome, 'invalid', JSON.stringify(changed));
      }
    }),
  );
});

test('TEST values that differ in any character are rejected', () => {
  fc.assert(
    fc.property(signable, fc.nat(4), fc.nat(), text, (input, n, at, character) => {
      const { callback, covered } = unsigned({ ...input, type: 'TEST' });
      const signed = { ...callback, digest: computeDigest('sha1', covered, 's') };

      for (const value of differing(input.values[n] ?? '', at, character)) {
        const changed = { ...signed, testParams: input.values.with(n, value) };
        assert.equal(verifyDigest(changed, policy({ fixed: { TEST: ['s'] } }), NOW_MS).outcome, 'invalid');
      }
    }),
  );
});

test('a result is covered only by a digest that includes it', () => {
  fc.assert(
    fc.property(
      text,
      salt,
      fc.option(fc.oneof(fc.constantFrom('FROZEN', 'THAWED'), text), { nil: null }),
      (id, secret, result) => {
        const digest = computeDigest('sha1', id, secret);
        const callback = { type: 'AUTOMATIC_FRAUD_CONTROL', paymentId: id, result, digest, registrationTime: null };

        const verified = verifyDigest(
          { ...callback, accountId: null, testParams: [], signedBytes: null, parameters: {} },
          policy({ fixed: { '*': [secret] } }),
          NOW_MS,
        );

        assert.deepEqual(verified, { outcome: 'valid', coversResult: result === null });
      },
    ),
  );
});

test('no callback makes the verification throw', () => {
  const anyText = fc.string({ unit: 'binary' });
  const anyCallback = fc.record({
    type: anyText,
    paymentId: fc.option(anyText),
    result: fc.option(anyText),
    digest: fc.option(
      fc.oneof(
        anyText,
        fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF'), minLength: 32, maxLength: 40 }),
      ),
    ),
    registrationTime: fc.option(fc.oneof(anyText, fc.bigInt({ min: 0n, max: 999_999_999_999n }).map(String))),
    accountId: fc.option(anyText),
    testParams: fc.array(anyText, { maxLength: 6 }),
    signedBytes: fc.constant(null),
    parameters: fc.constant({}),
  });
  const rules = policy({ fixed: { '*': ['s'], TEST: ['ö'] }, keys: [KEY], validFromSeconds: 17 });

  fc.assert(
    fc.property(anyCallback, (callback) => {
      assert.deepEqual(verifyDigest(callback, rules, NOW_MS), { outcome: 'invalid' });
      assert.equal(verifyTestSignature(callback, rules, NOW_MS), false);
    }),
    { numRuns: 300 },
  );
});
