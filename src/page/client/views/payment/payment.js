/** The story of a payment. */
import { html } from '../../lib/html.js';
import { useTexts } from '../../lib/page.js';

/** @param {import('../views.js').ViewProps} _props */
export function PaymentView(_props) {
  const texts = useTexts();
  return html`<h1>${texts.payment.heading}</h1>`;
}
