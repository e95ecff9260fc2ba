/**
 * Messages in the formats of the receivers, each as the receiver's own page shows it; and texts of strangers, of which
 * nothing may come alive: no mention, no link, no markup. Pure.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMessages } from '../../src/alerts/formats/format.ts';
import type { AlertMessage } from '../../src/alerts/message.ts';
import { type AlertFormat, alertFormatOf } from '../../src/config/types/alert-format.ts';

const ORIGIN = { environment: 'production', service: 'pay.shop.example', page: null } as const;
const PAGE = 'https://ops.example/r&d_*team*/ui/';
const KEY = 'an-integration-key-of-32-chars-x';

const FIRING: AlertMessage = {
  alert: 'silence',
  severity: 'critical',
  state: 'firing',
  id: '0b4c4d0e-6a0e-4b8e-9d3a-3f6f5c1b2a10',
  title: 'No callbacks come from Resurs',
  message: 'The last callback came at 2026-11-29 22:00 UTC.',
  fix: 'Run receiver doctor.',
  since: new Date('2026-11-30T10:00:00Z'),
  until: null,
};
const RESOLVED: AlertMessage = {
  ...FIRING,
  state: 'resolved',
  title: 'Over: No callbacks come from Resurs',
  message: 'It was so since 2026-11-30 10:00 UTC.',
  fix: '',
  until: new Date('2026-11-30T11:00:00Z'),
};
const LINE =
  '[CRITICAL] pay.shop.example (production): No callbacks come from Resurs. The last callback came at 2026-11-29 22:00 UTC. Run receiver doctor.';
const RESOLVED_LINE =
  '[RESOLVED] pay.shop.example (production): Over: No callbacks come from Resurs. It was so since 2026-11-30 10:00 UTC.';

/** The bodies as they are sent. */
function bodies(format: AlertFormat, ...messages: readonly AlertMessage[]) {
  return formatMessages(messages, { format, origin: ORIGIN, key: KEY }).map(({ body }) =>
    JSON.parse(JSON.stringify(body)),
  );
}

const JSON_BODY = {
  text: LINE,
  title: 'No callbacks come from Resurs',
  alert: 'silence',
  severity: 'critical',
  state: 'firing',
  since: '2026-11-30T10:00:00.000Z',
  until: null,
  id: FIRING.id,
  message: FIRING.message,
  fix: FIRING.fix,
  link: null,
  environment: 'production',
  service: 'pay.shop.example',
};

test('json has one line and everything by itself', () => {
  assert.deepEqual(bodies('json', FIRING), [JSON_BODY]);
});

test('json has several alerts of one look in one body', () => {
  const [body] = bodies('json', FIRING, RESOLVED);

  const { alerts, text, ...first } = body;
  assert.deepEqual({ ...first, text: LINE }, JSON_BODY);
  assert.equal(text, `${LINE} ${RESOLVED_LINE}`);
  assert.deepEqual(
    alerts.map((one: { state: string; until: string | null }) => [one.state, one.until]),
    [
      ['firing', null],
      ['resolved', '2026-11-30T11:00:00.000Z'],
    ],
  );
});

// {"text": "Your pizza delivery is here!"}: developers.google.com/workspace/chat, docs.mattermost.com.
test('text has nothing but text', () => {
  assert.deepEqual(bodies('text', FIRING, RESOLVED), [
    { text: `${LINE}\n${RESOLVED_LINE}`.replace('[CRITICAL]', '(CRITICAL)').replace('[RESOLVED]', '(RESOLVED)') },
  ]);
});

// {"text": "Hello, world."}: docs.slack.dev, Sending messages using incoming webhooks.
test('slack has text, without markup and previews', () => {
  const rest = { mrkdwn: false, unfurl_links: false, unfurl_media: false };

  assert.deepEqual(bodies('slack', FIRING, RESOLVED), [{ text: `${LINE}\n${RESOLVED_LINE}`, ...rest }]);
});

// {"content": "…", "allowed_mentions": {"parse": []}}: docs.discord.com, Allowed mentions.
test('discord has content that mentions no one', () => {
  const [body] = bodies('discord', FIRING);

  assert.deepEqual(Object.keys(body), ['content', 'allowed_mentions', 'flags']);
  assert.deepEqual(body.allowed_mentions, { parse: [] });
  assert.equal(body.content.replaceAll('\\', ''), LINE);
});

// {"type": "message", "attachments": [{"contentType": …, "contentUrl": null, "content": {"type": "AdaptiveCard", …}}]}:
// learn.microsoft.com/microsoftteams, Create incoming webhooks with Workflows.
test('teams has a message with one adaptive card', () => {
  const [body] = bodies('teams', FIRING, RESOLVED);

  assert.equal(body.type, 'message');
  const [{ contentType, contentUrl, content }, ...others] = body.attachments;
  assert.deepEqual([contentType, contentUrl, others], ['application/vnd.microsoft.card.adaptive', null, []]);
  assert.deepEqual([content.type, content.version], ['AdaptiveCard', '1.2']);
  const runs = content.body.map(({ inlines: [{ text }] }: { inlines: [{ text: string }] }) => text);
  assert.deepEqual(runs, [
    '[CRITICAL] No callbacks come from Resurs',
    FIRING.message,
    FIRING.fix,
    'pay.shop.example (production)',
    '[RESOLVED] Over: No callbacks come from Resurs',
    RESOLVED.message,
    'pay.shop.example (production)',
  ]);
  assert.ok(content.body.every(({ type }: { type: string }) => type === 'RichTextBlock'));
});

// {"routing_key", "event_action", "dedup_key", "payload": {"summary", "source", "severity", …}, "links"}:
// developer.pagerduty.com/docs/events-api-v2, Send an alert event.
test('pagerduty has a request for each alert, and resolves what it has triggered', () => {
  const [trigger, resolve, ...others] = bodies('pagerduty', FIRING, RESOLVED);

  assert.deepEqual(trigger, {
    routing_key: KEY,
    dedup_key: FIRING.id,
    event_action: 'trigger',
    payload: {
      summary: `${FIRING.title}. ${FIRING.message}`,
      source: 'pay.shop.example',
      severity: 'critical',
      timestamp: '2026-11-30T10:00:00.000Z',
      class: 'silence',
      custom_details: { message: FIRING.message, fix: FIRING.fix, environment: 'production' },
    },
    links: [],
  });
  assert.deepEqual(resolve, { routing_key: KEY, dedup_key: FIRING.id, event_action: 'resolve' });
  assert.deepEqual(others, []);
});

test('pagerduty has a summary of at most 1 024 characters', () => {
  const [{ payload }] = bodies('pagerduty', { ...FIRING, message: '😀'.repeat(2_000) });

  assert.ok(payload.summary.length <= 1_024 && payload.summary.isWellFormed());
  assert.match(payload.summary, /😀…$/u);
});

test('with STATUS_URL each format leads to the page, and to nothing else', () => {
  const linked = (format: AlertFormat) => {
    const origin = { ...ORIGIN, page: PAGE };
    const [post] = formatMessages([{ ...FIRING, message: HOSTILE }], { format, origin, key: KEY });
    return JSON.parse(JSON.stringify(post?.body));
  };

  assert.equal(linked('json').link, PAGE);
  assert.deepEqual(linked('pagerduty').links, [{ href: PAGE, text: 'Open the receiver' }]);
  const [{ content }] = linked('teams').attachments;
  assert.deepEqual(content.actions, [{ type: 'Action.OpenUrl', title: 'Open the receiver', url: PAGE }]);
  const texts = [linked('slack').text, linked('discord').content, linked('text').text] as const;
  assert.deepEqual(
    texts.map((text) => text.split('\n').at(-1)),
    ['https://ops.example/r&amp;d_*team*/ui/', `<${PAGE}>`, 'https://ops.example/r&d%5F%2Ateam%2A/ui/'],
  );
  for (const text of texts) assert.equal(text.split('://').length, 2, text);
});

test('in discord the link has room beside a message that is cut', () => {
  const origin = { ...ORIGIN, page: PAGE };
  const [post] = formatMessages([{ ...FIRING, message: '*'.repeat(1_500) }], { format: 'discord', origin, key: KEY });

  const { content } = JSON.parse(JSON.stringify(post?.body));
  assert.ok(content.length <= 2_000 && content.endsWith(`…\n<${PAGE}>`), content);
});

const HOSTILE = [
  '@everyone @here @channel @all',
  '<!channel> <!here> <@U024BE7LR> <users/all> <#C024BE7LR>',
  '<https://evil.example|log in> [log in](https://evil.example) https://evil.example www.evil.example',
  '*bold* ~~struck~~ `code` # head > quote | table',
  '&lt;!channel&gt; \\*bold\\*',
].join(' ');

test('in text nothing of a stranger is alive', () => {
  const [{ text }] = bodies('text', { ...FIRING, message: HOSTILE });

  assert.doesNotMatch(text, /[<>[\]*~`#|]|@\w|:\/\/|www\./);
  assert.match(text, /@\u200Beveryone/);
});

test('in slack nothing of a stranger is alive', () => {
  const [{ text, mrkdwn }] = bodies('slack', { ...FIRING, message: HOSTILE });

  assert.equal(mrkdwn, false);
  assert.doesNotMatch(text, /[<>]|&(?!amp;|lt;|gt;)|:\/\//);
  // What was written as an entity is shown as it was written.
  assert.match(text, /&amp;lt;!channel&amp;gt;/);
});

test('in discord nothing of a stranger is alive', () => {
  const [{ content, allowed_mentions }] = bodies('discord', { ...FIRING, message: HOSTILE });

  assert.deepEqual(allowed_mentions, { parse: [] });
  assert.doesNotMatch(content.replace(/\\./g, ''), /[*_~`|>#<[\]]|:\/\//);
});

test('in discord alerts that have no room in one message are told in several, each once and whole', () => {
  const titles = Array.from({ length: 7 }, (_, place) => `Alert number ${place}.`);
  const messages = titles.map((title) => ({ ...FIRING, title, message: 'x'.repeat(400), fix: 'The end.' }));

  const requests = formatMessages(messages, { format: 'discord', origin: ORIGIN, key: KEY });

  assert.deepEqual(
    requests.flatMap(({ places }) => places),
    [...messages.keys()],
  );
  const contents = requests.map(({ body }) => ('content' in body ? String(body.content) : ''));
  assert.ok(contents.every((content) => content.length <= 2_000));
  const text = contents.join('\n');
  for (const title of titles) assert.equal(text.split(title).length, 2, title);
  assert.equal(text.split('The end.').length, 8);
});

test('in discord a long message is cut at 2 000 characters', () => {
  const long = { ...FIRING, message: '*'.repeat(1_500) };
  const [{ content }] = bodies('discord', long, long);

  assert.ok(content.length <= 2_000);
});

test('in teams no text is in a block that knows Markdown', () => {
  const [body] = bodies('teams', { ...FIRING, message: HOSTILE });

  assert.ok(JSON.stringify(body).includes('log in'));
  assert.ok(!JSON.stringify(body).includes('"TextBlock"'));
});

for (const [url, format] of [
  ['https://hooks.slack.com/services/T0/B0/x', 'slack'],
  ['https://prod-12.westeurope.logic.azure.com/workflows/x', 'teams'],
  ['https://default.aa.environment.api.powerplatform.com/powerautomate/x', 'teams'],
  ['https://discord.com/api/webhooks/1/x', 'discord'],
  ['https://events.eu.pagerduty.com/v2/enqueue', 'pagerduty'],
  ['https://chat.googleapis.com/v1/spaces/x', 'text'],
  ['https://alerts.shop.example/in', 'json'],
  ['https://nothooks.slack.com.evil.example/', 'json'],
] as const) {
  test(`auto takes ${format} for ${new URL(url).host}`, () => {
    assert.equal(alertFormatOf('auto', url), format);
    assert.equal(alertFormatOf('text', url), 'text');
  });
}
