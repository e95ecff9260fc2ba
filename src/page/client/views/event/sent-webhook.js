/** The request that the shop gets for an event, and the same as a command for a test endpoint. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { curlOf } from '../../lib/shell.js';
import { absoluteTime } from '../../lib/time.js';
import { useOnce } from '../../lib/use-once.js';
import { LongText } from '../../parts/long-text.js';
import { Notice, problemOf } from '../../parts/notice.js';
import { Words } from '../../parts/words.js';

/** The reader replaces it. No host has this name. */
const TEST_URL = 'https://test-endpoint.example/webhook';

/** @param {{ id: string }} props */
export function SentWebhook({ id }) {
  const { texts, language } = usePage();
  /** @type {ReturnType<typeof useOnce<import('../../api/types.js').EventWebhook>>} */
  const { answer, reload } = useOnce(`events/${encodeURIComponent(id)}/webhook`);
  if (answer === null) return html`<p class="quiet" aria-busy="true">${texts.common.loading}</p>`;
  const again = html`<button type="button" class="button small" onClick=${reload}>${texts.event.again}</button>`;
  if (answer.outcome !== 'answered') return html`<${Notice} kind="bad">${problemOf(answer, texts)} ${again}<//>`;
  const { method, url, headers, body, sentAt } = answer.body;
  const when =
    sentAt === null ? texts.event.notSentYet : texts.event.sentAt(absoluteTime(Date.parse(sentAt), language));
  return html`<div class="stack">
    <p>${when} ${again}</p>
    <dl class="pairs">
      <div><dt>${method}</dt><dd><code>${url ?? texts.event.noUrl}</code></dd></div>
      ${Object.entries(headers).map(
        ([name, value]) => html`<div key=${name}><dt><code>${name}</code></dt><dd><code>${value}</code></dd></div>`,
      )}
    </dl>
    <${LongText} label=${texts.event.sentBody} text=${body} />
    <${LongText} label=${texts.event.curl} text=${curlOf({ headers, body }, TEST_URL)} />
    <p class="quiet"><${Words} text=${texts.event.curlHint(TEST_URL)} /></p>
  </div>`;
}
