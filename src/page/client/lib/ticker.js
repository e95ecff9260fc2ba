/**
 * One timer for all times that are shown with the same interval: they change together, and the timer ends with the last
 * of them.
 */

/** @type {Map<number, { listeners: Set<() => void>, timer: number }>} */
const tickers = new Map();

/**
 * Calls `listener` again and again until the returned function is called.
 * @param {number} everyMs @param {() => void} listener
 */
export function onTick(everyMs, listener) {
  const ticker = tickers.get(everyMs) ?? start(everyMs);
  ticker.listeners.add(listener);
  return () => {
    ticker.listeners.delete(listener);
    if (ticker.listeners.size > 0 || tickers.get(everyMs) !== ticker) return;
    window.clearInterval(ticker.timer);
    tickers.delete(everyMs);
  };
}

/** @param {number} everyMs */
function start(everyMs) {
  /** @type {Set<() => void>} */
  const listeners = new Set();
  const timer = window.setInterval(() => {
    for (const listener of [...listeners]) listener();
  }, everyMs);
  const ticker = { listeners, timer };
  tickers.set(everyMs, ticker);
  return ticker;
}
