/** Runs the merchant's endpoint as a process of its own: responds 204 at once and counts requests. */
import * as http from 'node:http';
import { listenLocally } from '../../test/harness/listen.ts';
import { serveTasks } from '../worker-process.ts';

/** `count`: start to count, and wait for so many requests. `url`: return the endpoint's URL. */
export type EndpointTask = { readonly kind: 'url' } | { readonly kind: 'count'; readonly requests: number };

export interface RequestCount {
  readonly url: string;
  /** Time of the first of these requests, by Date.now with fractions. */
  readonly firstAtMs: number;
  /** Share of one core from the first request to the last. */
  readonly cpuShare: number;
}

if (import.meta.main) {
  let left = 0;
  let first: { readonly atMs: number; readonly cpu: NodeJS.CpuUsage } | null = null;
  let onLast = () => undefined as unknown;
  const nowMs = () => performance.timeOrigin + performance.now();

  const server = http.createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(204).end();
      first ??= { atMs: nowMs(), cpu: process.cpuUsage() };
      left -= 1;
      if (left === 0) onLast();
    });
  });
  server.keepAliveTimeout = 60_000;
  const url = `${(await listenLocally(server)).url}/webhook`;

  serveTasks<EndpointTask, RequestCount>(async (task) => {
    if (task.kind === 'url') return { url, firstAtMs: 0, cpuShare: 0 };
    left = task.requests;
    first = null;
    const { promise, resolve } = Promise.withResolvers<void>();
    onLast = resolve;
    await promise;
    const { atMs, cpu } = first ?? { atMs: nowMs(), cpu: process.cpuUsage() };
    const used = process.cpuUsage(cpu);
    return { url, firstAtMs: atMs, cpuShare: (used.user + used.system) / 1_000 / (nowMs() - atMs) };
  });
}
