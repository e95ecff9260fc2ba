/**
 * The proxy in front of the service, as Resurs sees it: one address that stays when the service behind it changes. It notes
 * each callback as it came, and can be shut for a while, as during a deployment.
 */
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { waitUntil } from '../harness/wait.ts';

/** A callback that has been answered. */
export interface Passed {
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  readonly authorization: string | null;
  readonly status: number;
}

export interface FrontDoor {
  readonly url: string;
  readonly passed: readonly Passed[];
  /** From the next callback on it leads to this service. */
  lead(to: string): void;
  /** From the next callback on all wait, until `open`; those that waited are answered 502 then. */
  shut(): void;
  open(): void;
  /** Resolves when so many callbacks wait. */
  whenWaiting(count: number): Promise<void>;
}

export async function startFrontDoor(t: TestContext): Promise<FrontDoor> {
  const passed: Passed[] = [];
  const waiting: http.ServerResponse[] = [];
  let isShut = false;
  let base = '';
  const server = http.createServer((request, response) => {
    const { method = '', url: target = '', headers } = request;
    response.on('finish', () => {
      passed.push({ method, target, authorization: headers.authorization ?? null, status: response.statusCode });
    });
    if (isShut) waiting.push(response);
    else pass(base, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    lead(to) {
      base = to;
    },
    shut() {
      isShut = true;
    },
    open() {
      isShut = false;
      for (const response of waiting.splice(0)) response.writeHead(502).end();
    },
    async whenWaiting(count) {
      if (!(await waitUntil(async () => waiting.length >= count))) throw new Error(`${waiting.length} callbacks wait`);
    },
  };
}

function pass(base: string, request: http.IncomingMessage, response: http.ServerResponse): void {
  const { hostname, port } = new URL(base);
  const { method, url: path, headers } = request;
  const onward = http.request({ hostname, port, path, method, headers, agent: false });
  onward.on('error', () => response.destroy());
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.headers);
    answer.pipe(response);
  });
  request.pipe(onward);
}
