/**
 * Tables of faults: each is injected alone. The first check that does not pass must be the right one and name the right
 * fix.
 */
import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { assertReadableFindings, type FaultCase, type FaultySite, firstFailedCheck } from './doctor-site.ts';

/** `expected` is the name of the check that fails; or `warn`, `skip` and the name of the one that warns or is skipped. */
export type Row = readonly [fault: string, faultCase: FaultCase, expected: string, fix: RegExp];

/** Runs a test for each row. */
export function testEachFault(
  rows: readonly Row[],
  start: (t: TestContext, faultCase: FaultCase) => Promise<FaultySite>,
): void {
  for (const [fault, faultCase, expected, fix] of rows) {
    const [, status = 'fail', check = ''] = /^(?:(warn|skip) )?(.+)$/.exec(expected) ?? [];
    test(`when ${fault}, ${check} reports ${status} first and names the fix`, async (t) => {
      const site = await start(t, faultCase);

      const findings = await site.runNetworkChecks();

      const first = firstFailedCheck(findings);
      assert.deepEqual([first?.name, first?.status], [check, status], first?.reason);
      assert.match(first?.fix ?? '', fix);
      assertReadableFindings(findings);
    });
  }
}

/** How a proxy responds instead of passing the request on. */
type ProxyResponse = (response: ServerResponse) => unknown;

/** Responds with an HTML page of this status. */
export function page(code: number): ProxyResponse {
  return (response) => response.writeHead(code, { 'content-type': 'text/html' }).end('<h1>A page of the shop</h1>');
}

/** Redirects. */
export function redirect(location: string): ProxyResponse {
  return (response) => response.writeHead(301, { location }).end();
}

/** Closes the connection. */
export const closeConnection: ProxyResponse = (response) => response.destroy();

/** Never responds. */
export const hang: ProxyResponse = () => undefined;

/** A proxy that responds itself to the requests that `concerns` selects. */
export function proxyResponding(
  respond: ProxyResponse,
  concerns: (request: IncomingMessage) => boolean = () => true,
): FaultCase {
  const interfere = (request: IncomingMessage, response: ServerResponse) => {
    const isConcerned = concerns(request);
    if (isConcerned) respond(response);
    return isConcerned;
  };
  return { proxy: { interfere } };
}

/** A proxy that passes on another target than it received. */
export function proxyRewriting(rewrite: (target: string) => string): FaultCase {
  return { proxy: { rewrite } };
}
