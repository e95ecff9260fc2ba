/** Templates: `html` makes elements of a tagged template. Values become text or properties, never markup. */
import htm from 'htm';
import { h } from 'preact';

/** @type {(strings: TemplateStringsArray, ...values: unknown[]) => import('preact').VNode} */
export const html = /** @type {never} */ (htm.bind(/** @type {never} */ (h)));
