/** Turns messages into the bodies of the requests that one format needs for them. Pure. */
import type { AlertFormat } from '../../config/types/alert-format.ts';
import type { AlertMessage, Origin } from '../message.ts';
import { discordBody } from './discord.ts';
import { jsonBody } from './json.ts';
import { pagerdutyBody } from './pagerduty.ts';
import { slackBody } from './slack.ts';
import { teamsBody } from './teams.ts';
import { textBody } from './text.ts';

/** A request to make, and which of the messages it has. */
export interface FormattedPost {
  readonly places: readonly number[];
  readonly body: object;
}

export interface FormatOptions {
  readonly format: AlertFormat;
  readonly origin: Origin;
  /** The value of ALERT_AUTHORIZATION, which PagerDuty takes in the body. */
  readonly key: string | null;
}

/** All messages in one request, where the format can have several. */
export function formatMessages(
  messages: readonly AlertMessage[],
  { format, origin, key }: FormatOptions,
): readonly FormattedPost[] {
  if (format === 'pagerduty') {
    return messages.map((one, place) => ({ places: [place], body: pagerdutyBody(one, origin, key ?? '') }));
  }
  return [{ places: [...messages.keys()], body: BODIES[format](messages, origin) }];
}

const BODIES: Readonly<
  Record<Exclude<AlertFormat, 'pagerduty'>, (messages: readonly AlertMessage[], origin: Origin) => object>
> = { json: jsonBody, text: textBody, slack: slackBody, discord: discordBody, teams: teamsBody };
