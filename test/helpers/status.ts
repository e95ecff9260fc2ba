/**
 * Requests to the status API with the valid token, for methods, targets and responses beyond those of `TestService`.
 */
import { type RawAnswer, type Sending, send } from './callbacks.ts';
import { STATUS_TOKEN, type World } from './service.ts';

/** Sends one request; the target is sent unchanged. */
export function ask(
  world: Pick<World, 'service'>,
  method: string,
  target: string,
  { headers = {}, ...sending }: Sending = {},
): Promise<RawAnswer> {
  const authorization = `Bearer ${STATUS_TOKEN}`;
  return send(world.service.urls.status, target, { method, headers: { authorization, ...headers }, ...sending });
}
