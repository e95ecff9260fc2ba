/** A message about what the reader looks at: good, a warning, or a failure. */
import { html } from '../lib/html.js';
import { useTexts } from '../lib/page.js';

/** @param {{ kind: 'good' | 'info' | 'warning' | 'bad', children?: unknown, role?: string }} props */
export function Notice({ kind, children, role }) {
  return html`<div class="notice notice-${kind}" role=${role}>${children}</div>`;
}

/**
 * What is shown instead of a list or a view that is not there.
 * @param {{ asked: { readonly isLoading: boolean, readonly refused: import('../api/requests.js').Refused | null } }} props
 */
export function Missing({ asked }) {
  const { common } = useTexts();
  if (asked.refused !== null) return html`<${Notice} kind="bad">${common.failed(messageOf(asked.refused))}<//>`;
  return asked.isLoading ? html`<p class="quiet" aria-busy="true">${common.loading}</p>` : null;
}

/** @param {import('../api/requests.js').Refused} refused */
export function messageOf({ status, message }) {
  return message === '' ? String(status) : message;
}

/**
 * Returns a sentence about an answer that is none.
 * @param {import('../api/requests.js').Answer<unknown>} answer @param {import('../texts/en.js').Texts} texts
 */
export function problemOf(answer, texts) {
  switch (answer.outcome) {
    case 'answered':
      return null;
    case 'refused':
      return answer.status === 403 ? texts.common.notAllowed : texts.common.failed(messageOf(answer));
    case 'slowed':
      return texts.signIn.slowed(`${answer.afterSeconds} s`);
    case 'signed_out':
      return texts.signIn.gone;
    case 'unreachable':
    case 'given_up':
      return texts.common.unreachable;
  }
}
