/** Starts the page. The only module that touches the browser's globals without being asked. */
import { render } from 'preact';
import { createSession } from './api/session.js';
import { App } from './frame/app.js';
import { html } from './lib/html.js';

const root = document.getElementById('page');
if (root !== null) {
  const session = createSession(() => sessionStorage);
  // The API is one folder up, whatever prefix a proxy has put before both.
  const base = new URL('../', document.baseURI).href;
  render(html`<${App} session=${session} base=${base} />`, root);
}
