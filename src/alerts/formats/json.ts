/** The format `json`: for a program of the shop. Pure. */
import { type AlertMessage, lineOf, type Origin } from '../message.ts';

/**
 * Returns the body. Of several alerts it has the first one, the line of all in `text`, and all of them in `alerts`.
 */
export function jsonBody(messages: readonly AlertMessage[], origin: Origin): object {
  const [first, ...others] = messages.map((one) => memberOf(one, origin));
  if (first === undefined || others.length === 0) return first ?? {};
  const text = messages.map((one) => lineOf(one, origin)).join(' ');
  return { ...first, text, alerts: [first, ...others] };
}

function memberOf(one: AlertMessage, origin: Origin): object {
  const { page: link, environment, service } = origin;
  const { title, alert, severity, state, since, until, id, message, fix } = one;
  const text = lineOf(one, origin);
  return { text, title, alert, severity, state, since, until, id, message, fix, link, environment, service };
}
