/** Starts the merchant's endpoint as a process of its own. */
import type { EndpointTask, RequestCount } from './endpoint/main.ts';
import { startWorkerProcess } from './worker-process.ts';

export interface Endpoint {
  readonly url: string;
  /** Starts to count, and resolves when `requests` requests have arrived. */
  count(requests: number): Promise<RequestCount>;
  stop(): Promise<void>;
}

/** Resolves when the endpoint listens. The caller stops it. */
export async function startEndpoint(): Promise<Endpoint> {
  const worker = startWorkerProcess<EndpointTask, RequestCount>('endpoint/main.ts');
  const { url } = await worker.run({ kind: 'url' });
  return { url, count: (requests) => worker.run({ kind: 'count', requests }), stop: worker.stop };
}
