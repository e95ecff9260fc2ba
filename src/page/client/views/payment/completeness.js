/** Whether the shop has all events of a payment. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { number, relativeTime } from '../../lib/time.js';
import { useAnswer } from '../../lib/use-answer.js';
import { useNow } from '../../parts/time.js';

/**
 * @typedef {import('../../api/types.js').Event} Event
 * @typedef {import('../../api/types.js').Events} Events
 */

/** More are "100 or more". */
const LIMIT = 100;
const SECOND_MS = 1_000;

/** @param {{ payment: import('../../api/types.js').Payment, webhook: import('../../api/types.js').Webhook | null }} props */
export function Completeness({ payment, webhook }) {
  const { texts, language } = usePage();
  const now = useNow();
  const unfinished = useUnfinished(payment);
  if (unfinished === null) return html`<p class="quiet">${texts.common.loading}</p>`;
  const { waiting, deadLetters, held, whole, isCut } = unfinished;
  const words = texts.payment.completeness;
  const count = (/** @type {number} */ value) =>
    value < LIMIT && !isCut ? number(value, language) : words.orMore(number(value, language));
  if (waiting.length + deadLetters.length + held.length === 0) {
    if (isCut) return html`<p>${words.newest}</p>`;
    if (whole === 0) return html`<p>${words.nothing}</p>`;
    return html`<p>${words.all(whole === null ? null : number(whole, language), whole ?? 2)}</p>`;
  }
  const nextAt = waiting.flatMap(({ delivery }) => delivery?.nextAttemptAt ?? []).sort()[0];
  const next =
    nextAt === undefined || Date.parse(nextAt) < now + SECOND_MS
      ? null
      : relativeTime(Date.parse(nextAt), now, language);
  return html`<ul class="plain">
    ${deadLetters.length > 0 && html`<li><b>${words.deadLetters(count(deadLetters.length), deadLetters.length)}</b></li>`}
    ${
      waiting.length > 0 &&
      html`<li><b>${words.waiting(count(waiting.length), waiting.length)}</b>${' '}
      ${webhook?.state === 'down' ? words.down : next === null ? words.soon : words.next(next)}</li>`
    }
    ${held.length > 0 && html`<li><b>${words.held(count(held.length), held.length)}</b></li>`}
  </ul>`;
}

/**
 * Counts by state. A payment with more events than a page is asked for those that the shop does not have. `isCut`: the
 * service looked only at the newest of very many events.
 * @param {import('../../api/types.js').Payment} payment
 */
function useUnfinished({ paymentId, events, next }) {
  const isWhole = next === null;
  const pathOf = (/** @type {string} */ state) => {
    return isWhole ? null : `events?${new URLSearchParams({ paymentId, state, limit: String(LIMIT) })}`;
  };
  /** @type {(state: string) => import('../../lib/use-answer.js').Asked<Events>} */
  const useEventsIn = (state) => useAnswer(pathOf(state));
  const pending = useEventsIn('pending').body;
  const delivering = useEventsIn('delivering').body;
  const dead = useEventsIn('dead_letter').body;
  const held = useEventsIn('held').body;
  if (isWhole) {
    const of = (/** @type {readonly string[]} */ states) =>
      events.filter(({ delivery }) => states.includes(delivery?.state ?? ''));
    const whole = of(['delivered', 'pending', 'delivering', 'dead_letter', 'held']).length;
    return {
      waiting: of(['pending', 'delivering']),
      deadLetters: of(['dead_letter']),
      held: of(['held']),
      whole,
      isCut: false,
    };
  }
  if (pending === null || delivering === null || dead === null || held === null) return null;
  const waiting = [...delivering.events, ...pending.events];
  const isCut = [pending, delivering, dead, held].some((page) => page.next !== null && page.events.length < LIMIT);
  return { waiting, deadLetters: dead.events, held: held.events, whole: null, isCut };
}
