/**
 * Requests to the status API with the valid token, for methods, targets and responses beyond those of `TestService`.
 */
import { type RawResponse, type SendOptions, send } from './callbacks.ts';
import { STATUS_TOKEN, type TestService } from './service.ts';

/** Sends one request; the target is sent unchanged. */
export function requestStatusApi(
  receiver: Pick<TestService, 'service'>,
  method: string,
  target: string,
  { headers = {}, ...sending }: SendOptions = {},
): Promise<RawResponse> {
  const authorization = `Bearer ${STATUS_TOKEN}`;
  return send(receiver.service.urls.status, target, { method, headers: { authorization, ...headers }, ...sending });
}
