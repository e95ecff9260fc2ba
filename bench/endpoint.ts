/** The merchant's endpoint, as the scenarios ask for it. */
import type { EndpointTask, RequestCount } from './endpoint/main.ts';
import { startWorkerProcess } from './worker-process.ts';

export interface Endpoint {
  readonly url: string;
  /** Forgets what came and resolves when so many requests have come. */
  count(requests: number): Promise<RequestCount>;
  stop(): Promise<void>;
}

export async function startEndpoint(): Promise<Endpoint> {
  const helper = startWorkerProcess<EndpointTask, RequestCount>('endpoint/main.ts');
  const { url } = await helper.run({ kind: 'url' });
  return { url, count: (requests) => helper.run({ kind: 'count', requests }), stop: helper.stop };
}
