/** The status API with the right token, for methods, targets and answers that `World.look` does not know. */
import { type RawAnswer, type Sending, send } from './callbacks.ts';
import { STATUS_TOKEN, type World } from './service.ts';

/** One request; the target goes out as it is. */
export function ask(
  world: Pick<World, 'service'>,
  method: string,
  target: string,
  { headers = {}, ...sending }: Sending = {},
): Promise<RawAnswer> {
  const authorization = `Bearer ${STATUS_TOKEN}`;
  return send(world.service.urls.status, target, { method, headers: { authorization, ...headers }, ...sending });
}
