/**
 * The format `pagerduty`: Events API v2. Each alert is a request of its own, because each has its own `dedup_key`: the
 * edge. So PagerDuty closes the incident by itself, and a further day of the same edge opens no second one. Pure.
 * Source: developer.pagerduty.com/docs/events-api-v2.
 */
import { type AlertMessage, cut, type Origin } from '../message.ts';

const MAX_SUMMARY = 1_024;

/** Returns the body. `key` is the integration key of the service. */
export function pagerdutyBody(one: AlertMessage, { environment, service, page }: Origin, key: string): object {
  const target = { routing_key: key, dedup_key: one.id };
  if (one.state === 'resolved') return { ...target, event_action: 'resolve' };
  const { alert, title, message, fix, severity, since } = one;
  const payload = {
    summary: cut(`${title}. ${message}`, MAX_SUMMARY),
    source: service,
    severity,
    timestamp: since,
    class: alert,
    custom_details: { message, fix, environment },
  };
  const links = page === null ? [] : [{ href: page, text: 'Open the receiver' }];
  return { ...target, event_action: 'trigger', payload, links };
}
