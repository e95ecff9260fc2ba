/** The sentence that says whether all is well, and what else is not. */
import { useEffect, useRef } from 'preact/hooks';
import { findingsOf } from '../../lib/health.js';
import { html } from '../../lib/html.js';
import { usePage } from '../../lib/page.js';
import { useNow } from '../../parts/time.js';
import { placeOf, sentenceOf } from './sentence.js';

const SHAPES = { good: 'M3 8.5 6.5 12 13 4.5', warning: 'M8 3v6M8 12.4v.2', bad: 'M4 4l8 8M12 4l-8 8' };

/** @param {{ status: import('../../api/types.js').Status, alerts: readonly import('../../api/types.js').Alert[] }} props */
export function Verdict({ status, alerts }) {
  const { texts, language, announce } = usePage();
  const nowMs = useNow(1_000);
  const findings = findingsOf(status, alerts, nowMs);
  const [worst, ...others] = findings;
  const words = { texts, language, nowMs };
  const sentence = sentenceOf(worst, words);
  useNews(worst.name, () => announce(sentence));
  return html`<section class=${`verdict notice notice-${worst.kind}`} aria-label=${texts.overview.verdict}>
    <${Finding} finding=${worst} words=${words} isFirst=${true} />
    ${
      others.length > 0 &&
      html`<ul>${others.map((finding, index) => html`<li key=${`${finding.name} ${index}`}><${Finding} finding=${finding} words=${words} isFirst=${false} /></li>`)}</ul>`
    }
  </section>`;
}

/**
 * @param {{ finding: import('../../lib/health.js').Finding, isFirst: boolean,
 *   words: Parameters<typeof sentenceOf>[1] }} props
 */
function Finding({ finding, words, isFirst }) {
  const { texts, environment } = usePage();
  const place = placeOf(finding, environment);
  const kind = texts.overview.kinds[finding.kind];
  return html`<div class=${isFirst ? 'finding first' : 'finding'}>
    <svg class=${`finding-mark finding-${finding.kind}`} viewBox="0 0 16 16" role="img" aria-label=${kind}>
      <path d=${SHAPES[finding.kind]} />
    </svg>
    <p>${sentenceOf(finding, words)}${' '}${place !== null && html`<${Place} place=${place} />`}</p>
  </div>`;
}

/** @param {{ place: NonNullable<ReturnType<typeof placeOf>> }} props */
function Place({ place }) {
  const { links } = usePage().texts.overview;
  const label = links[place.to];
  const { address } = place;
  if (address !== undefined) return html`<a class="finding-link" href=${address}>${label}</a>`;
  const show = () => {
    const card = document.getElementById(place.card ?? '');
    card?.scrollIntoView({ block: 'start' });
    card?.focus({ preventScroll: true });
  };
  return html`<button type="button" class="link finding-link" onClick=${show}>${label}</button>`;
}

/** Calls `tell` when the value changes, not for the first one. @param {string} value @param {() => void} tell */
function useNews(value, tell) {
  const last = useRef(value);
  useEffect(() => {
    if (last.current !== value) tell();
    last.current = value;
  }, [value]);
}
