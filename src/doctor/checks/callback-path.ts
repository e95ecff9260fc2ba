/**
 * The check `callback-path`: the public URL leads to this receiver, for GET and POST, at every address of the site,
 * without a redirect. The checks after it test the contents of the request.
 */
import { type Finding, pass, worst } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { isEcomUsed, NO_ECOM } from '../ecom-use.ts';
import { explainFailure } from '../probe/interpret.ts';
import { onSite } from '../probe/site.ts';
import type { Endpoint } from '../probe/tls.ts';

/** Sends a GET and a POST to every address. Rejects only with the reason of `signal`. */
export async function checkCallbackPath(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  if (!(await isEcomUsed(context))) return NO_ECOM;
  return onSite(context, signal, async ({ endpoints, callbackUrl, info, sendTest }) => {
    const send = async (endpoint: Endpoint, method: 'GET' | 'POST'): Promise<Finding> => {
      const result = await sendTest({ method }, endpoint);
      const address = endpoints.length > 1 ? { address: endpoint.address } : {};
      const failure = explainFailure(result, { ...info, method, ...address });
      return failure ?? pass(`${callbackUrl} leads to this receiver, for GET and POST`);
    };
    return worst(await Promise.all(endpoints.flatMap((endpoint) => [send(endpoint, 'GET'), send(endpoint, 'POST')])));
  });
}
