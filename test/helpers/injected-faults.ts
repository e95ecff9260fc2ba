/** Faults in tables: each is planted alone, and the first check that complains must be the right one and name the right fix. */
import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { assertPresentable, firstComplaint, type Plant, type Street } from './doctor-site.ts';

/** `complaint` is the name of the check that fails, or `warn` and the name of the one that warns. */
export type Row = readonly [fault: string, plant: Plant, complaint: string, fix: RegExp];

/** A test for each row. */
export function plantEach(rows: readonly Row[], start: (t: TestContext, plant: Plant) => Promise<Street>): void {
  for (const [fault, plant, expected, fix] of rows) {
    const [check, status] = expected.startsWith('warn ') ? [expected.slice(5), 'warn'] : [expected, 'fail'];
    test(`when ${fault}, ${check} ${status}s first and names the fix`, async (t) => {
      const street = await start(t, plant);

      const findings = await street.examine();

      const complaint = firstComplaint(findings);
      assert.deepEqual([complaint?.name, complaint?.status], [check, status], complaint?.reason);
      assert.match(complaint?.fix ?? '', fix);
      assertPresentable(findings);
    });
  }
}

/** What a proxy may do instead of asking the receiver. */
export type Answer = (response: ServerResponse) => unknown;

/** Answers a page with this status. */
export function page(code: number): Answer {
  return (response) => response.writeHead(code, { 'content-type': 'text/html' }).end('<h1>A page of the shop</h1>');
}

/** Leads elsewhere. */
export function redirect(location: string): Answer {
  return (response) => response.writeHead(301, { location }).end();
}

/** Closes the connection. */
export const cut: Answer = (response) => response.destroy();

/** Never answers. */
export const hang: Answer = () => undefined;

/** A proxy that answers by itself what `concerns` it. */
export function answering(answer: Answer, concerns: (request: IncomingMessage) => boolean = () => true): Plant {
  const interfere = (request: IncomingMessage, response: ServerResponse) => {
    const isConcerned = concerns(request);
    if (isConcerned) answer(response);
    return isConcerned;
  };
  return { manners: { interfere } };
}

/** A proxy that passes on another target than it got. */
export function rewriting(rewrite: (target: string) => string): Plant {
  return { manners: { rewrite } };
}
