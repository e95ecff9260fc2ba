/** The time of day, with the date where it is another day than `near`: for lists by day. It needs no clock of its own. */
import { html } from '../lib/html.js';
import { usePage } from '../lib/page.js';
import { absoluteTime, shortTime } from '../lib/time.js';

/** @param {{ at: string, near?: string }} props */
export function Clock({ at, near = at }) {
  const { language } = usePage();
  const ms = Date.parse(at);
  return html`<time datetime=${at} title=${absoluteTime(ms, language)}>${shortTime(ms, Date.parse(near), language)}</time>`;
}
