/** A dialog that the reader has to leave: the browser keeps the focus in it and gives it back. */
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { html } from '../lib/html.js';

/**
 * It is open while it is rendered. `onClose` is called on Escape as well.
 * @param {{ heading: string, onClose: () => void, children?: unknown }} props
 */
export function Dialog({ heading, onClose, children }) {
  const id = useId();
  const ref = useRef(/** @type {HTMLDialogElement | null} */ (null));
  // Before it is painted, so that a key which is pressed at once meets it.
  useLayoutEffect(() => {
    const opener = document.activeElement;
    ref.current?.showModal();
    // All else is inert as long as the dialog is in the document, and it is removed after this.
    return () =>
      queueMicrotask(() => {
        if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
      });
  }, []);
  const close = (/** @type {Event} */ event) => {
    event.preventDefault();
    onClose();
  };
  return html`<dialog ref=${ref} aria-labelledby=${id} onCancel=${close} onClose=${onClose}>
    <h2 id=${id}>${heading}</h2>
    ${children}
  </dialog>`;
}
