/**
 * The format `slack`: an incoming webhook. `&`, `<` and `>` are escaped, so that there is neither a mention such as
 * `<!channel>` nor a link with a text of its own; `mrkdwn` is off, and nothing is unfolded. Pure.
 * Source: docs.slack.dev/messaging/formatting-message-text.
 */
import { type AlertMessage, cut, lineOf, type Origin } from '../message.ts';

/** Slack cuts at 40 000, and recommends 4 000. */
const MAX_LENGTH = 4_000;
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Returns the body. */
export function slackBody(messages: readonly AlertMessage[], origin: Origin): object {
  const lines = escapeSlack(cut(messages.map((one) => lineOf(one, origin)).join('\n'), MAX_LENGTH));
  // Slack makes a link of an address by itself.
  const text = origin.page === null ? lines : `${lines}\n${escapeCharacters(origin.page)}`;
  return { text, mrkdwn: false, unfurl_links: false, unfurl_media: false };
}

/** Escapes the three characters that Slack gives a meaning to. An address is no link. */
function escapeSlack(text: string): string {
  return escapeCharacters(text).replace(/:\/\//g, ':\u200B//');
}

function escapeCharacters(text: string): string {
  return text.replace(/[&<>]/g, (character) => ESCAPES[character] ?? character);
}
