/** What happened in the last day, week or month. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { addressOf } from '../../lib/router.js';
import { useAnswer } from '../../lib/use-answer.js';
import { Chart } from '../../parts/chart.js';
import { Missing } from '../../parts/notice.js';
import { chartsOf } from './chart-contents.js';

/** @typedef {import('../../lib/use-answer.js').Asked<import('../../api/types.js').Statistics>} AskedStatistics */

const RANGES = /** @type {const} */ (['24h', '7d', '30d']);
/** @typedef {(typeof RANGES)[number]} Range */

const DAY_MS = 86_400_000;

/** @param {{ range: string | undefined, lastDay: AskedStatistics }} props */
export function Charts({ range, lastDay }) {
  const { api, texts, language } = usePage();
  const { overview } = texts;
  const chosen = RANGES.find((one) => one === range) ?? '24h';
  /** @type {AskedStatistics} */
  const longer = useAnswer(pathOf(chosen, api.now()));
  const asked = chosen === '24h' ? lastDay : longer;
  return html`<section class="stack" aria-labelledby="overview-charts">
    <div class="row apart">
      <h2 id="overview-charts">${overview.traffic[chosen]}</h2>
      <${Ranges} chosen=${chosen} />
    </div>
    ${
      asked.body === null
        ? html`<${Missing} asked=${asked} />`
        : html`<div class="charts">
            ${chartsOf(asked.body, texts, language).map((chart) => html`<${Chart} key=${chart.title} ...${chart} />`)}
          </div>`
    }
    ${chosen !== '24h' && html`<p class="quiet small">${texts.charts.utc}</p>`}
  </section>`;
}

/** @param {{ chosen: Range }} props */
function Ranges({ chosen }) {
  const { ranges, rangesLabel } = usePage().texts.overview;
  return html`<div class="segments" role="group" aria-label=${rangesLabel}>
    ${RANGES.map(
      (range) => html`<a key=${range} href=${addressOf('overview', null, { range: range === '24h' ? null : range })}
        aria-current=${range === chosen ? 'true' : undefined}>${ranges[range]}</a>`,
    )}
  </div>`;
}

/** Days begin by UTC, so the path is the same all day. @param {Range} range @param {number} nowMs */
function pathOf(range, nowMs) {
  switch (range) {
    case '24h':
      return null;
    case '7d': {
      const from = new Date(Math.floor(nowMs / DAY_MS) * DAY_MS - 6 * DAY_MS);
      return `statistics?step=day&from=${encodeURIComponent(from.toISOString())}`;
    }
    case '30d':
      return 'statistics?step=day';
  }
}
