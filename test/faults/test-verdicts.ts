/**
 * Tests verdicts: a good run keeps every promise, and each injected violation breaks the promise that it belongs to.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Verdict } from '../../faults/report.ts';

/** One violation: what is wrong, the promise that it breaks, and how to put it into a good run. */
export type Violation<Run> = readonly [what: string, promise: RegExp, spoil: (run: Run) => unknown];

/** Registers one test for the good run and one for each violation; `verdictsOf` is under test. */
export function testVerdicts<Run>(
  goodRun: () => Run,
  violations: readonly Violation<Run>[],
  verdictsOf: (run: Run) => readonly Verdict[],
): void {
  const brokenPromises = (run: Run): string[] =>
    verdictsOf(run)
      .filter((verdict) => verdict.violations.length > 0)
      .map(({ promise }) => promise);

  test('a good run keeps every promise', () => {
    assert.deepEqual(brokenPromises(goodRun()), []);
  });

  for (const [what, promise, spoil] of violations) {
    test(`verdicts report that ${what}`, () => {
      const run = goodRun();

      spoil(run);

      assert.ok(
        brokenPromises(run).some((broken) => promise.test(broken)),
        brokenPromises(run).join('\n'),
      );
    });
  }
}
