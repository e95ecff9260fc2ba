/**
 * The format `teams`: a workflow that posts to a channel when a webhook request is received. It takes an adaptive card as
 * the attachment of a message. The texts stand in RichTextBlocks, which know no Markdown; so nothing in them is live. Pure.
 * Sources: learn.microsoft.com/microsoftteams, Create incoming webhooks with Workflows; adaptivecards.io, TextRun.
 */
import { type AlertMessage, cut, type Origin } from '../message.ts';

/** A card may have 28 KiB. */
const MAX_LENGTH = 1_000;

/** Returns the body. */
export function teamsBody(messages: readonly AlertMessage[], origin: Origin): object {
  const { page } = origin;
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.2',
    msteams: { width: 'Full' },
    body: messages.flatMap((one) => blocksOf(one, origin)),
    ...(page === null ? {} : { actions: [{ type: 'Action.OpenUrl', title: 'Open the receiver', url: page }] }),
  };
  const attachment = { contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content };
  return { type: 'message', attachments: [attachment] };
}

const COLORS = { critical: 'Attention', warning: 'Warning', info: 'Accent' } as const;

function blocksOf({ state, severity, title, message, fix }: AlertMessage, { environment, service }: Origin): object[] {
  const isOver = state === 'resolved';
  const label = isOver ? 'RESOLVED' : severity.toUpperCase();
  const color = isOver ? 'Good' : COLORS[severity];
  return [
    richText({ text: `[${label}] ${title}`, weight: 'Bolder', size: 'Medium', color }),
    richText({ text: cut(message, MAX_LENGTH) }),
    ...(fix === '' ? [] : [richText({ text: cut(fix, MAX_LENGTH) })]),
    richText({ text: `${service} (${environment})`, isSubtle: true }),
  ];
}

function richText(run: { readonly text: string } & Readonly<Record<string, string | boolean>>): object {
  return { type: 'RichTextBlock', inlines: [{ type: 'TextRun', ...run }] };
}
