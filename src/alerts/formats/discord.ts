/**
 * The format `discord`: a webhook of a channel. Markup is escaped, no text mentions a person, and links
 * have no preview. Pure. Sources: docs.discord.com, Webhook resource, Execute Webhook; Message, Allowed mentions.
 */
import { type AlertMessage, cut, lineOf, type Origin } from '../message.ts';

/** Discord takes 2 000; each character may need an escape. */
const MAX_LENGTH = 2_000;
const SUPPRESS_EMBEDS = 4;

/** Returns the body. */
export function discordBody(messages: readonly AlertMessage[], origin: Origin): object {
  const link = linkOf(origin);
  return {
    content: `${cut(contentOf(messages, origin), MAX_LENGTH - link.length)}${link}`,
    allowed_mentions: { parse: [] },
    flags: SUPPRESS_EMBEDS,
  };
}

/** Returns whether Discord takes them in one message. */
export function fitsDiscord(messages: readonly AlertMessage[], origin: Origin): boolean {
  return contentOf(messages, origin).length + linkOf(origin).length <= MAX_LENGTH;
}

/** What stands in angle brackets is an address and has no markup; a URL never contains one. */
function linkOf({ page }: Origin): string {
  return page === null ? '' : `\n<${page}>`;
}

function contentOf(messages: readonly AlertMessage[], origin: Origin): string {
  return messages.map((one) => escapeDiscord(lineOf(one, origin))).join('\n');
}

/** Puts a backslash before what Discord gives a meaning to. */
function escapeDiscord(text: string): string {
  return text.replace(/[\\*_~`|>#<[\]()-]/g, '\\$&').replace(/:\/\//g, ':\u200B//');
}
