/** Replays: all of them, or one. */
import { html } from '../../lib/html.js';
import { ReplayList } from './replay-list.js';
import { ReplayView } from './replay-view.js';

/** @param {import('../views.js').ViewProps} props */
export function Replays({ id }) {
  return id === null ? html`<${ReplayList} />` : html`<${ReplayView} id=${id} />`;
}
