/** Loads the story of a payment: its first page again and again, the others when the reader wants them. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { usePage } from '../../lib/page.js';
import { beginStory, withEvent, withFirstPage, withGapPage, withNextPage } from '../../lib/story.js';
import { useAnswer } from '../../lib/use-answer.js';

/**
 * @typedef {import('../../lib/story.js').Story} Story
 * @typedef {import('../../lib/story.js').StoryEvent} StoryEvent
 * @typedef {import('../../api/types.js').Payment} Payment
 * @typedef {object} Loaded
 * @property {import('../../lib/use-answer.js').Asked<Payment>} asked
 * @property {Payment | null} payment As it was answered last.
 * @property {Story | null} story Null before the first page of this order.
 * @property {boolean} isMoreLoading
 * @property {() => void} more Loads the next page.
 * @property {import('../../api/requests.js').Answer<unknown> | null} failed Why the next page did not come.
 * @property {(event: StoryEvent) => void} onEvent Takes an event that was read by itself.
 */

/** @param {string} id @param {Story['order']} order @returns {Loaded} */
export function useStory(id, order) {
  const [payment, setPayment] = useState(/** @type {Payment | null} */ (null));
  const [kept, setKept] = useState(/** @type {Story | null} */ (null));
  const story = kept?.order === order ? kept : null;
  /** @type {import('../../lib/use-answer.js').Asked<Payment>} */
  const asked = useAnswer(pathOf(id, order, null));
  const first = asked.body;
  useEffect(() => {
    if (first === null) return;
    setPayment(first);
    setKept((last) => (last?.order === order ? withFirstPage(last, first) : beginStory(order, first)));
  }, [first, order]);
  useEnd(id, story, setKept);

  const load = useLoad(id, order);
  const gap = story?.gap ?? null;
  useEffect(() => {
    if (gap !== null) void load(gap, (page) => setKept((last) => last && withGapPage(last, page)));
  }, [gap, load]);
  const [isMoreLoading, setMoreLoading] = useState(false);
  const [failed, setFailed] = useState(/** @type {Loaded['failed']} */ (null));
  useEffect(() => setFailed(null), [order]);
  const more = useCallback(async () => {
    const cursor = story?.next ?? null;
    if (cursor === null) return;
    setMoreLoading(true);
    setFailed(null);
    const answer = await load(cursor, (page) => setKept((last) => last && withNextPage(last, page, cursor)));
    setFailed(answer);
    setMoreLoading(false);
  }, [story?.next, load]);
  const onEvent = useCallback((/** @type {StoryEvent} */ event) => {
    setKept((last) => last && withEvent(last, event));
  }, []);
  return { asked, payment, story, isMoreLoading, more: () => void more(), failed, onEvent };
}

/**
 * With the oldest first, what is new comes on the last page.
 * @param {string} id @param {Story | null} story @param {(change: (last: Story | null) => Story | null) => void} setKept
 */
function useEnd(id, story, setKept) {
  const end = story?.order === 'oldest' && story.next === null ? story.end : null;
  /** @type {import('../../lib/use-answer.js').Asked<Payment>} */
  const { body } = useAnswer(end === null ? null : pathOf(id, 'oldest', end));
  useEffect(() => {
    if (body !== null && end !== null) setKept((last) => last && withNextPage(last, body, end));
  }, [body, end, setKept]);
}

/**
 * Returns what loads one page, and drops its answer when the order of the story has changed since. It returns the answer
 * if it is none.
 * @param {string} id @param {Story['order']} order
 */
function useLoad(id, order) {
  const { api } = usePage();
  const ended = useRef(new AbortController());
  useEffect(() => {
    const current = new AbortController();
    ended.current = current;
    return () => current.abort();
  }, [id, order]);
  return useCallback(
    async (/** @type {string} */ cursor, /** @type {(page: Payment) => void} */ take) => {
      const { signal } = ended.current;
      /** @type {import('../../api/requests.js').Answer<Payment>} */
      const answer = await api.get(pathOf(id, order, cursor), { signal });
      if (signal.aborted) return null;
      if (answer.outcome !== 'answered') return answer;
      take(answer.body);
      return null;
    },
    [api, id, order],
  );
}

/** @param {string} id @param {Story['order']} order @param {string | null} cursor */
function pathOf(id, order, cursor) {
  const query = new URLSearchParams({ attempts: 'true', order, limit: '50', ...(cursor === null ? {} : { cursor }) });
  return `payments/${encodeURIComponent(id)}?${query}`;
}
