/**
 * Asks again every ten seconds while the page is visible and not paused. A jitter keeps many tabs from asking at once.
 *
 * @typedef {object} RefresherOptions
 * @property {() => number} random From 0 to 1.
 * @property {(action: () => void, ms: number) => number} setTimer
 * @property {(timer: number) => void} clearTimer
 * @property {() => boolean} isVisible
 *
 * @typedef {(shared: boolean) => Promise<void>} Load `shared`: an answer that is a second old will do.
 *
 * @typedef {object} Refresher
 * @property {(load: Load) => () => void} add Adds what is asked each time; returns its removal.
 * @property {() => void} refresh Asks now, and not for a shared answer: the reader wants what is so now.
 * @property {(isPaused: boolean) => void} pause
 * @property {() => boolean} isPaused
 * @property {() => void} onVisibility To be called when the page is shown or hidden.
 */

const EVERY_MS = 10_000;
const JITTER_MS = 2_000;

/** @param {RefresherOptions} options @returns {Refresher} */
export function createRefresher({ random, setTimer, clearTimer, isVisible }) {
  /** @type {Set<Load>} */
  const loads = new Set();
  let paused = false;
  let lastMissed = false;
  /** @type {number | null} */
  let timer = null;
  let turn = 0;

  function plan() {
    if (timer !== null) clearTimer(timer);
    timer = setTimer(tick, EVERY_MS + (random() - 0.5) * JITTER_MS);
  }

  function tick() {
    timer = null;
    if (paused) return;
    if (!isVisible()) {
      lastMissed = true;
      return;
    }
    void run(true);
  }

  async function run(/** @type {boolean} */ shared) {
    turn += 1;
    const mine = turn;
    lastMissed = false;
    // The next one is planned after the last answer, so that a slow service is not asked more and more.
    await Promise.allSettled([...loads].map((load) => load(shared)));
    if (mine === turn && !paused) plan();
  }

  plan();
  return {
    add(load) {
      loads.add(load);
      return () => loads.delete(load);
    },
    refresh: () => void run(false),
    pause(isPaused) {
      paused = isPaused;
      if (!paused) void run(true);
    },
    isPaused: () => paused,
    onVisibility() {
      if (isVisible() && lastMissed && !paused) void run(true);
    },
  };
}
