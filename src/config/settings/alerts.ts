/** Settings of the alerts: what counts as silence, and where alerts are posted. */
import { optional, secret, withDefault } from '../setting.ts';
import { integer, oneOf } from '../types/basic.ts';
import { headerValue } from '../types/secrets.ts';
import { alertUrl } from '../types/urls.ts';

/** How an alert is posted. */
export const ALERT_FORMATS = ['auto', 'json', 'text', 'slack', 'teams', 'discord', 'pagerduty'] as const;

/** Alerts for a shop without a monitoring system. */
export const ALERTS = {
  SILENCE_HOURS: optional(
    integer({ min: 1, max: 8_760 }),
    'Hours without a callback that raise an alert. TEST callbacks do not count. Unset: silence raises none.',
  ),
  ALERT_URL: secret(
    alertUrl(),
    'URL to which alerts are posted: a chat, a pager or a program of your own. Unset: alerts are in the log, in GET /alerts and in the metrics only.',
  ),
  ALERT_AUTHORIZATION: secret(
    headerValue(),
    'Value of the Authorization header of every post to ALERT_URL, scheme included. For PagerDuty the integration key.',
  ),
  ALERT_FORMAT: withDefault(
    oneOf(ALERT_FORMATS),
    'auto',
    'Format of the posts. auto takes the one of the host in ALERT_URL, and json for a host that it does not know. text fits Google Chat and Mattermost.',
  ),
  ALERT_PING_URL: secret(
    alertUrl(),
    'URL that is fetched every five minutes while no critical alert fires: for a service that raises the alarm when the fetches end.',
  ),
};
