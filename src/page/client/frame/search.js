/** The search for a payment, an order or an event, from everywhere: `/` leads to it. */
import { useEffect, useRef } from 'preact/hooks';
import { html } from '../lib/html.js';
import { useTexts } from '../lib/page.js';
import { addressOf, goTo } from '../lib/router.js';

export function Search() {
  const { search } = useTexts();
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const found = useRef('');
  useEffect(() => {
    const focus = (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      event.preventDefault();
      field.current?.focus();
      field.current?.select();
    };
    document.addEventListener('keydown', focus);
    return () => document.removeEventListener('keydown', focus);
  }, []);
  useEffect(() => {
    // What was found is left: its text would look like a filter of the next view.
    const clear = () => {
      const input = field.current;
      if (input !== null && document.activeElement !== input && location.hash !== found.current) input.value = '';
    };
    window.addEventListener('hashchange', clear);
    return () => window.removeEventListener('hashchange', clear);
  }, []);
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const text = field.current?.value.trim() ?? '';
    if (text === '') return;
    found.current = addressOf(EVENT_ID.test(text) ? 'events' : 'payments', text);
    goTo(found.current);
    // It may be the view that is shown already.
    document.getElementById('content')?.focus({ preventScroll: true });
  };
  return html`<form class="search" role="search" onSubmit=${submit}>
    <input ref=${field} type="search" name="search" aria-label=${search.label} placeholder=${search.placeholder}
      title=${search.hint} maxlength="255" spellcheck=${false} autocomplete="off" aria-keyshortcuts="/" />
    <kbd aria-hidden="true">/</kbd>
    <button type="submit" class="off-screen">${search.submit}</button>
  </form>`;
}

const EVENT_ID = /^evt_[0-9a-f-]{36}$/;

/** @param {EventTarget | null} target */
function isTyping(target) {
  const isField = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
  return isField || target instanceof HTMLSelectElement || document.querySelector('dialog[open]') !== null;
}
