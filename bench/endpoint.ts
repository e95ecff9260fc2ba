/** The merchant's endpoint, as the scenarios ask for it. */
import type { Counted, EndpointTask } from './endpoint/main.ts';
import { startHelper } from './worker-process.ts';

export interface Endpoint {
  readonly url: string;
  /** Forgets what came and resolves when so many requests have come. */
  count(requests: number): Promise<Counted>;
  stop(): Promise<void>;
}

export async function startEndpoint(): Promise<Endpoint> {
  const helper = startHelper<EndpointTask, Counted>('endpoint/main.ts');
  const { url } = await helper.ask({ kind: 'url' });
  return { url, count: (requests) => helper.ask({ kind: 'count', requests }), stop: helper.stop };
}
