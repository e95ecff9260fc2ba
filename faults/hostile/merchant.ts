/** Runs a merchant that accepts every request at once and only checks that it is JSON. */
import { startWebhookServer } from '../../test/harness/webhook-server.ts';
import type { Cleanup } from '../lib/cleanup.ts';

export interface Merchant {
  readonly url: string;
  /** Counts the requests whose body is incomplete or not JSON. */
  readonly notJson: () => number;
}

/** Listens on a free port. Closing it is added to `cleanup`. */
export async function startMerchant(cleanup: Cleanup): Promise<Merchant> {
  let notJson = 0;
  const countNotJson = () => {
    notJson += 1;
  };
  const { url, close } = await startWebhookServer(
    (_request, body, response) => {
      if (!isJson(body)) countNotJson();
      response.writeHead(204).end();
    },
    { onAborted: countNotJson },
  );
  cleanup.push(close);
  return { url: `${url}/events`, notJson: () => notJson };
}

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}
