/**
 * A field of a filter. What is being typed is never replaced by a refresh: the field keeps its own value, and follows
 * the address only when that changes from elsewhere.
 */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { html } from '../lib/html.js';

const PAUSE_MS = 350;

/**
 * `onValue` gets the value after a pause in typing, or at once on leaving the field.
 * @param {{ label: string, value: string, onValue: (value: string) => void, type?: 'text' | 'search' | 'datetime-local',
 *   name: string, hint?: string }} props
 */
export function Field({ label, value, onValue, type = 'text', name, hint }) {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const timer = useRef(/** @type {number | null} */ (null));
  const latest = useRef(onValue);
  latest.current = onValue;
  // Before it is painted: the list beside it is of the same address.
  useLayoutEffect(() => {
    const input = field.current;
    // A pending value is newer than the address, and a space at its end may be followed by more.
    if (input !== null && timer.current === null && input.value.trim() !== value) input.value = value;
  }, [value]);
  useEffect(() => () => window.clearTimeout(timer.current ?? undefined), []);

  const commit = () => {
    window.clearTimeout(timer.current ?? undefined);
    timer.current = null;
    // A date that is typed by half has the value ''.
    const isComplete = field.current?.validity.badInput === false;
    if (isComplete) latest.current(field.current?.value.trim() ?? '');
  };
  const onInput = () => {
    window.clearTimeout(timer.current ?? undefined);
    timer.current = window.setTimeout(commit, PAUSE_MS);
  };
  return html`<label>${label}
    <input ref=${field} type=${type} name=${name} maxlength=${type === 'datetime-local' ? undefined : 255} placeholder=${hint} autocomplete="off"
      spellcheck=${false} onInput=${onInput} onChange=${commit} />
  </label>`;
}
