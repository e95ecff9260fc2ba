/** Turns messages into the bodies of the requests that one format needs for them. Pure. */
import type { AlertFormat } from '../../config/types/alert-format.ts';
import type { AlertMessage, Origin } from '../message.ts';
import { discordBody, fitsDiscord } from './discord.ts';
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

/** All messages in one request, where the format can have several, and as many as they need where it has no room. */
export function formatMessages(
  messages: readonly AlertMessage[],
  { format, origin, key }: FormatOptions,
): readonly FormattedPost[] {
  if (format === 'pagerduty') {
    return messages.map((one, place) => ({ places: [place], body: pagerdutyBody(one, origin, key ?? '') }));
  }
  if (format === 'discord') {
    return discordGroups(messages, origin).map((places) => {
      const body = discordBody(
        messages.filter((_, place) => places.includes(place)),
        origin,
      );
      return { places, body };
    });
  }
  return [{ places: [...messages.keys()], body: BODIES[format](messages, origin) }];
}

/** Each alert stands there whole, and in their order. */
function discordGroups(messages: readonly AlertMessage[], origin: Origin): readonly (readonly number[])[] {
  const groups: number[][] = [];
  for (const place of messages.keys()) {
    const last = groups.at(-1);
    const together = messages.slice(last?.[0] ?? place, place + 1);
    if (last !== undefined && fitsDiscord(together, origin)) last.push(place);
    else groups.push([place]);
  }
  return groups;
}

const BODIES: Readonly<
  Record<Exclude<AlertFormat, 'pagerduty' | 'discord'>, (messages: readonly AlertMessage[], origin: Origin) => object>
> = { json: jsonBody, text: textBody, slack: slackBody, teams: teamsBody };
