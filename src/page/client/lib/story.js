/** The events of a payment that were loaded so far, in pages. Pure. */

/**
 * @typedef {import('../api/types.js').EventWithAttempts} StoryEvent
 * @typedef {'newest' | 'oldest'} Order
 *
 * @typedef {object} Story
 * @property {Order} order Which events were asked for first.
 * @property {readonly StoryEvent[]} events The oldest first, without a gap.
 * @property {string | null} next Where the next page begins; null: all are loaded.
 * @property {string | null} end Where the last loaded page began; null: the first one is the last.
 * @property {readonly StoryEvent[]} ahead Newer events between which and `events` some are missing still.
 * @property {string | null} gap Where those that are missing begin; null: none are.
 *
 * @typedef {{ readonly events: readonly StoryEvent[], readonly next: string | null }} StoryPage
 */

/** @param {Order} order @param {StoryPage} page @returns {Story} */
export function beginStory(order, page) {
  return { order, events: merged([], page.events), next: page.next, end: null, ahead: [], gap: null };
}

/** The first page was asked for again. @param {Story} story @param {StoryPage} page @returns {Story} */
export function withFirstPage(story, page) {
  const isAttached = story.order === 'oldest' || page.next === null || overlaps(story.events, page.events);
  if (isAttached) {
    const next = story.order === 'oldest' && story.end === null ? page.next : story.next;
    return { ...story, events: merged(story.events, page.events), next };
  }
  // More events came meanwhile than a page has.
  return { ...story, ahead: merged(story.ahead, page.events), gap: story.gap ?? page.next };
}

/** Those that are missing were asked for. @param {Story} story @param {StoryPage} page @returns {Story} */
export function withGapPage(story, page) {
  const ahead = merged(story.ahead, page.events);
  if (page.next !== null && !overlaps(story.events, page.events)) return { ...story, ahead, gap: page.next };
  return { ...story, events: merged(story.events, ahead), ahead: [], gap: null };
}

/** The page behind the last one; with the oldest first, the last one again. @param {Story} story @param {StoryPage} page @param {string} cursor @returns {Story} */
export function withNextPage(story, page, cursor) {
  const isEndAgain = story.order === 'oldest' && story.next === null && story.end === cursor;
  if (story.next !== cursor && !isEndAgain) return story;
  return { ...story, events: merged(story.events, page.events), next: page.next, end: cursor };
}

/** One event was read by itself. @param {Story} story @param {StoryEvent} event @returns {Story} */
export function withEvent(story, event) {
  return { ...story, events: merged(story.events, [event]) };
}

/** @param {readonly StoryEvent[]} known @param {readonly StoryEvent[]} page */
function overlaps(known, page) {
  const ids = new Set(known.map(({ id }) => id));
  return page.some(({ id }) => ids.has(id));
}

/**
 * What did not change stays the same object, so that it is not rendered again.
 * @param {readonly StoryEvent[]} known @param {readonly StoryEvent[]} page @returns {readonly StoryEvent[]}
 */
function merged(known, page) {
  const byId = new Map(known.map((event) => [event.id, event]));
  let isChanged = false;
  for (const event of page) {
    const last = byId.get(event.id);
    if (last !== undefined && JSON.stringify(last) === JSON.stringify(event)) continue;
    byId.set(event.id, event);
    isChanged = true;
  }
  if (!isChanged) return known;
  return [...byId.values()].sort((one, other) => one.sequence - other.sequence);
}
