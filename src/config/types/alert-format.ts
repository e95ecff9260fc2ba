/** The format of alerts: as it is set, or by the host that gets them. */
import type { ALERT_FORMATS } from '../settings/alerts.ts';

/** A format that alerts are posted in. */
export type AlertFormat = Exclude<(typeof ALERT_FORMATS)[number], 'auto'>;

/** Ends of host names, each with the format that is taken there. Source: the receivers' own pages on webhooks. */
const HOSTS: readonly (readonly [end: string, format: AlertFormat])[] = [
  ['hooks.slack.com', 'slack'],
  ['hooks.slack-gov.com', 'slack'],
  ['.logic.azure.com', 'teams'],
  ['.api.powerplatform.com', 'teams'],
  ['.webhook.office.com', 'teams'],
  ['discord.com', 'discord'],
  ['discordapp.com', 'discord'],
  ['events.pagerduty.com', 'pagerduty'],
  ['events.eu.pagerduty.com', 'pagerduty'],
  ['chat.googleapis.com', 'text'],
];

/** Returns the format in which alerts go to this URL. */
export function alertFormatOf(setting: (typeof ALERT_FORMATS)[number], url: string): AlertFormat {
  if (setting !== 'auto') return setting;
  const host = URL.parse(url)?.hostname ?? '';
  return (
    HOSTS.find(([end]) => host === end || (end.startsWith('.') ? host.endsWith(end) : host.endsWith(`.${end}`)))?.[1] ??
    'json'
  );
}
