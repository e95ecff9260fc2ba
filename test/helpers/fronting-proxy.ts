/**
 * A proxy in front of the service, as Resurs sees it: its address stays when the service behind it changes. It records
 * each callback as received, and can be paused for a while, as during a deployment.
 */

import * as http from 'node:http';
import type { TestContext } from 'node:test';
import { waitUntil } from '../harness/wait.ts';
import { listenForTest } from './listen.ts';

/** A callback that has its response. */
export interface ProxiedRequest {
  readonly method: string;
  /** Path and query as received. */
  readonly target: string;
  readonly authorization: string | null;
  readonly status: number;
}

export interface FrontingProxy {
  readonly url: string;
  readonly requests: readonly ProxiedRequest[];
  /** Forwards to this service, from the next callback on. */
  forwardTo(to: string): void;
  /** Makes callbacks wait, from the next one on, until the proxy reopens; then they get a 502. */
  pause(): void;
  resume(): void;
  /** Resolves when `count` callbacks wait. */
  whenWaiting(count: number): Promise<void>;
}

/** `register` looks where its URL leads, with a callback without a payment; this is neither recorded nor paused. */
function isLook(target: string): boolean {
  return target.endsWith('&p=');
}

/** Starts the proxy. It is closed after the test. */
export async function startFrontingProxy(t: TestContext): Promise<FrontingProxy> {
  const forwarded: ProxiedRequest[] = [];
  const waiting: http.ServerResponse[] = [];
  let isPaused = false;
  let base = '';
  const server = http.createServer((request, response) => {
    const { method = '', url: target = '', headers } = request;
    if (isLook(target)) {
      forward(base, request, response);
      return;
    }
    response.on('finish', () => {
      forwarded.push({ method, target, authorization: headers.authorization ?? null, status: response.statusCode });
    });
    if (isPaused) waiting.push(response);
    else forward(base, request, response);
  });
  const { url } = await listenForTest(t, server);

  return {
    url,
    requests: forwarded,
    forwardTo(to) {
      base = to;
    },
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
      for (const response of waiting.splice(0)) response.writeHead(502).end();
    },
    async whenWaiting(count) {
      if (!(await waitUntil(async () => waiting.length >= count))) throw new Error(`${waiting.length} callbacks wait`);
    },
  };
}

function forward(base: string, request: http.IncomingMessage, response: http.ServerResponse): void {
  const { hostname, port } = new URL(base);
  const { method, url: path, headers } = request;
  const upstream = http.request({ hostname, port, path, method, headers, agent: false });
  upstream.on('error', () => response.destroy());
  upstream.on('response', (received) => {
    response.writeHead(received.statusCode ?? 502, received.statusMessage, received.headers);
    received.pipe(response);
  });
  request.pipe(upstream);
}
