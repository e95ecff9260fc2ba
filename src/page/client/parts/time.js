/** A time: how long ago in the text, and the whole one as its title. */
import { useEffect, useState } from 'preact/hooks';
import { html } from '../lib/html.js';
import { usePage } from '../lib/page.js';
import { onTick } from '../lib/ticker.js';
import { absoluteTime, relativeTime, shortTime } from '../lib/time.js';

const EVERY_MS = 5_000;

/** Returns the time of the service in milliseconds, and follows it. @param {number} [everyMs] */
export function useNow(everyMs = EVERY_MS) {
  const { api } = usePage();
  const [now, setNow] = useState(api.now());
  useEffect(() => onTick(everyMs, () => setNow(api.now())), [api, everyMs]);
  return now;
}

/**
 * `kind`: "relative" (3 min ago), "short" (12:04:11), or "both".
 * @param {{ at: string | null, kind?: 'relative' | 'short' | 'both', none?: string }} props
 */
export function Time({ at, kind = 'relative', none = '–' }) {
  const { language } = usePage();
  const now = useNow();
  if (at === null) return html`<span>${none}</span>`;
  const ms = Date.parse(at);
  const relative = relativeTime(ms, now, language);
  const short = shortTime(ms, now, language);
  const text = kind === 'relative' ? relative : kind === 'short' ? short : `${short} (${relative})`;
  return html`<time datetime=${at} title=${absoluteTime(ms, language)}>${text}</time>`;
}
