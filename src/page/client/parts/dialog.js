/** A dialog that the reader has to leave: the browser keeps the focus in it and gives it back. */
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { html } from '../lib/html.js';

/**
 * It is open while it is rendered. `onClose` is called on Escape as well. `isHeld`: it cannot be left now.
 * @param {{ heading: string, onClose: () => void, isHeld?: boolean, children?: unknown }} props
 */
export function Dialog({ heading, onClose, isHeld = false, children }) {
  const id = useId();
  const ref = useRef(/** @type {HTMLDialogElement | null} */ (null));
  // Before it is painted, so that a key which is pressed at once meets it.
  useLayoutEffect(() => {
    const opener = document.activeElement;
    const dialog = ref.current;
    dialog?.showModal();
    return () => {
      // While it is open nothing outside it takes the focus.
      dialog?.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  const close = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!isHeld) onClose();
  };
  // A browser closes it on a second Escape, whatever the page says to the first.
  const closed = () => {
    if (ref.current === null) return;
    if (isHeld) ref.current.showModal();
    else onClose();
  };
  return html`<dialog ref=${ref} aria-labelledby=${id} onCancel=${close} onClose=${closed}>
    <h2 id=${id}>${heading}</h2>
    ${children}
  </dialog>`;
}
