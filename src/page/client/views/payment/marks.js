/** What was reported of a payment as a line of marks in time. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { marksOf } from '../../lib/standing.js';
import { wordOf } from '../../lib/words.js';
import { Time } from '../../parts/time.js';

const CHECK = 'M3 8.5 6.5 12 13 4.5';
const CROSS = 'M4 4l8 8M12 4l-8 8';
const CARD = 'M2.5 4.5h11v7.5h-11zM2.5 7.2h11';

/** Shape and kind of each mark. @type {Readonly<Record<string, readonly [shape: string, kind: string]>>} */
const MARKS = {
  booked: ['M4 8h8M8 4v8', 'plain'],
  frozen: ['M5.5 4v8M10.5 4v8', 'hold'],
  thawed: [CHECK, 'good'],
  unfrozen: [CHECK, 'good'],
  authorized: [CHECK, 'good'],
  captured: [CARD, 'good'],
  finalized: [CARD, 'good'],
  annulled: [CROSS, 'bad'],
  rejected: [CROSS, 'bad'],
  refunded: ['M6.5 4 3 7.5 6.5 11M3 7.5h7a3 3 0 0 1 0 6H7', 'hold'],
  updated: ['M3.5 12.5 4 10l7-7 2 2-7 7z', 'plain'],
};

/** @param {{ facts: Readonly<Record<string, string | null>>, events: readonly import('../../api/types.js').Event[] }} props */
export function Marks({ facts, events }) {
  const { texts } = usePage();
  const marks = marksOf(facts, events);
  if (marks.length === 0) return null;
  return html`<section aria-labelledby="facts-heading" class="stack">
    <h2 id="facts-heading">${texts.payment.factsHeading}</h2>
    <ol class="marks card">
      ${marks.map(({ fact, at, isFound }) => {
        const [shape, kind] = (Object.hasOwn(MARKS, fact) ? MARKS[fact] : undefined) ?? ['M4 8h8', 'plain'];
        return html`<li key=${fact} class=${`mark mark-${kind}`}>
          <span class="mark-shape"><svg viewBox="0 0 16 16" aria-hidden="true"><path d=${shape} /></svg></span>
          <span class="mark-word">${wordOf(texts.payment.facts, fact)}</span>
          <span class="quiet"><${Time} at=${at} kind="short" /></span>
          ${isFound && html`<span class="chip">${texts.event.found}</span>`}
        </li>`;
      })}
    </ol>
  </section>`;
}
