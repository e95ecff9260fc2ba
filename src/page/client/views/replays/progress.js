/** How far a replay is: a bar and its numbers, and its state in a word. */
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { number } from '../../lib/time.js';

/** @type {Readonly<Record<string, readonly [string, string]>>} */
const MARKS = {
  running: ['delivering', 'M3 8h9M8.5 4.5 12 8l-3.5 3.5'],
  done: ['delivered', 'M3 8.5 6.5 12 13 4.5'],
  stopped: ['held', 'M4.5 4.5h7v7h-7z'],
};

/** @param {{ state: import('../../api/types.js').Replay['state'] }} props */
export function ReplayState({ state }) {
  const { texts } = usePage();
  const [look, path] = MARKS[state] ?? ['held', ''];
  return html`<span class="state state-${look}">
    <svg viewBox="0 0 16 16" aria-hidden="true"><path d=${path} /></svg>${texts.replays.states[state]}
  </span>`;
}

/** @param {{ replay: import('../../api/types.js').Replay, isSmall?: boolean }} props */
export function Progress({ replay, isSmall = false }) {
  const { texts, language } = usePage();
  const { count, replayed, failed, atLeast = false } = replay;
  const words = texts.replays;
  const handled = Math.min(replayed + failed, count);
  const of = atLeast ? words.ofAtLeast : words.of;
  const text = of(number(replayed, language), number(count, language));
  const share = count === 0 ? 1 : handled / count;
  return html`<div class=${isSmall ? 'progress small' : 'progress'}>
    <div class="bar" role="progressbar" aria-label=${words.progress} aria-valuemin="0" aria-valuemax=${count}
      aria-valuenow=${handled} aria-valuetext=${text}>
      <div class="bar-done" style=${{ width: `${(share * 100).toFixed(1)}%` }}></div>
    </div>
    <span class="progress-text">${text}</span>
  </div>`;
}
