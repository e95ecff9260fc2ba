/** The merchant's endpoint as a process of its own: answers 204 at once and tells when so many requests have come. */
import * as http from 'node:http';
import { listenLocally } from '../../test/harness/listen.ts';
import { answerTasks } from '../worker-process.ts';

/** `count`: forget what came, then wait for so many requests. `url`: where it listens. */
export type EndpointTask = { readonly kind: 'url' } | { readonly kind: 'count'; readonly requests: number };

export interface Counted {
  readonly url: string;
  /** Of the first of these requests, by Date.now with fractions. */
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

  answerTasks<EndpointTask, Counted>(async (task) => {
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
