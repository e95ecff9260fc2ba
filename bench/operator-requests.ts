/** Times what an operator asks of a receiver: its status, its metrics, and what a replay would do. */
import { type Percentiles, percentiles } from './percentiles.ts';
import { STATUS_TOKEN } from './testbed.ts';

const PROBES_A_ROUND = 10;

/** Name, method, path and body of each operator request. */
const PROBES = [
  ['GET /status', 'GET', '/status', null],
  ['GET /metrics', 'GET', '/metrics', null],
  ['dryRun, dead letters', 'POST', '/replays', { state: 'dead_letter', dryRun: true }],
  ['dryRun, delivered', 'POST', '/replays', { state: 'delivered', dryRun: true }],
  ['dryRun, a time range', 'POST', '/replays', { from: '2020-01-01', dryRun: true }],
] as const;

/** Resolves with milliseconds, by the request's name. */
export async function measureOperatorRequests(baseUrl: string, rounds: number): Promise<Record<string, Percentiles>> {
  const samples: Record<string, number[]> = {};
  for (let round = 0; round < PROBES_A_ROUND * rounds; round += 1) {
    for (const [name, method, path, body] of PROBES) {
      const tookMs = await timeOf(`${baseUrl}${path}`, method, body);
      // The first request prepares its statements.
      if (round > 0) samples[name] = [...(samples[name] ?? []), tookMs];
    }
  }
  return Object.fromEntries(Object.entries(samples).map(([name, all]) => [name, percentiles(all)]));
}

async function timeOf(url: string, method: string, body: object | null): Promise<number> {
  const startedAtMs = performance.now();
  const headers = { authorization: `Bearer ${STATUS_TOKEN}`, 'content-type': 'application/json' };
  const response = await fetch(url, { method, headers, ...(body === null ? {} : { body: JSON.stringify(body) }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} returned ${response.status}: ${text}`);
  return performance.now() - startedAtMs;
}
