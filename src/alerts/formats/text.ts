/**
 * The format `text`: for Google Chat, which refuses every member but `text` here, and for Mattermost. Neither has an
 * escape that the other one shows as nothing, so what is live there is replaced by what looks like it. Pure.
 * Sources: developers.google.com/workspace/chat/format-messages; docs.mattermost.com, Incoming webhooks, Slack compatibility.
 */
import { type AlertMessage, cut, lineOf, type Origin } from '../message.ts';

/** Google Chat takes 32 000 bytes, Mattermost 16 383 characters. */
const MAX_LENGTH = 8_000;

/** Angle brackets make links and mentions, and square ones links; the others make text bold, struck or code. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  '<': '‹',
  '>': '›',
  '[': '(',
  ']': ')',
  '*': '∗',
  '~': '∼',
  '`': 'ʼ',
  '|': '∣',
  '#': '＃',
};
const ZERO_WIDTH_SPACE = '\u200B';

/** Returns the body. */
export function textBody(messages: readonly AlertMessage[], origin: Origin): object {
  const text = cut(messages.map((one) => inert(lineOf(one, origin))).join('\n'), MAX_LENGTH);
  return { text: origin.page === null ? text : `${text}\n${withoutMarkup(origin.page)}` };
}

/** Percent-encodes what is markup there: in a path that means the same. */
function withoutMarkup(page: string): string {
  const { origin } = new URL(page);
  const encode = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return `${origin}${page.slice(origin.length).replace(/[[\]*~|_@]/g, encode)}`;
}

/** No mention, no link and no markup is left. */
function inert(text: string): string {
  return text
    .replace(/[<>[\]*~`|#]/g, (character) => LOOK_ALIKES[character] ?? character)
    .replace(/@/g, `@${ZERO_WIDTH_SPACE}`)
    .replace(/:\/\//g, `:${ZERO_WIDTH_SPACE}//`)
    .replace(/\bwww\./gi, (match) => `${match.slice(0, -1)}${ZERO_WIDTH_SPACE}.`);
}
