/** What stands around every view: service and environment, search, navigation, and how fresh everything is. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { html } from '../lib/html.js';
import { PageProvider, useTexts } from '../lib/page.js';
import { addressOf, useRoute } from '../lib/router.js';
import { useAnswer } from '../lib/use-answer.js';
import { VIEWS } from '../views/views.js';
import { Freshness, Lost } from './freshness.js';
import { Navigation } from './navigation.js';
import { Preferences } from './preferences.js';
import { Search } from './search.js';
import { useTitle } from './title.js';

const ANNOUNCED_MS = 3_000;

/**
 * @typedef {object} FrameProps
 * @property {import('../api/requests.js').Api} api
 * @property {import('../api/refresher.js').Refresher} refresher
 * @property {import('../texts/en.js').Texts} texts
 * @property {ReturnType<typeof import('../lib/preferences.js').usePreferences>} preferences
 * @property {import('./app.js').Reached} reached
 * @property {() => void} signOut
 */

/** @param {FrameProps} props */
export function Frame({ api, refresher, texts, preferences, reached, signOut }) {
  const { language } = preferences;
  const [said, announce] = useAnnouncement();
  const [service, setService] = useState(/** @type {Service} */ (UNKNOWN));
  const page = useMemo(
    () => ({
      api,
      refresher,
      language,
      texts,
      announce,
      mayChange: service.mayChange,
      environment: service.environment,
    }),
    [api, refresher, language, texts, service.mayChange, service.environment],
  );
  return html`<${PageProvider} value=${page}>
    <a class="skip" href="#content" onClick=${skipToContent}>${texts.nav.skip}</a>
    <${Header} service=${service} signOut=${signOut} preferences=${preferences} />
    <${Body} service=${service} onService=${setService} reached=${reached} />
    <div class="off-screen" role="status">${said}</div>
  <//>`;
}

/** @typedef {{ readonly name: string, readonly environment: 'test' | 'production', readonly mayChange: boolean, readonly isKnown: boolean }} Service */

/** Until the service has said what it is, nothing may be changed, and it is treated as production. @type {Service} */
const UNKNOWN = { name: '', environment: 'production', mayChange: false, isKnown: false };

/**
 * @param {{ service: Service, signOut: () => void,
 *   preferences: ReturnType<typeof import('../lib/preferences.js').usePreferences> }} props
 */
function Header({ service, signOut, preferences }) {
  return html`<header class="top">
    <a class="brand" href=${addressOf('overview')}>
      <img src="icon.svg" alt="" width="28" height="28" />
      <span class="brand-name" title=${service.name}>${service.name}</span>
    </a>
    <${Environment} service=${service} />
    <${Search} />
    <${Preferences} preferences=${preferences} signOut=${signOut} />
  </header>`;
}

/** @param {{ service: Service, onService: (service: Service) => void, reached: import('./app.js').Reached }} props */
function Body({ service, onService, reached }) {
  const route = useRoute();
  /** @type {import('../lib/use-answer.js').Asked<import('../api/types.js').Status>} */
  const status = useAnswer('status');
  /** @type {import('../lib/use-answer.js').Asked<{ access: 'read' | 'write' }>} */
  const access = useAnswer('access');
  const name = status.body?.service;
  const environment = status.body?.environment;
  const may = access.body?.access;
  useEffect(() => {
    if (name === undefined || environment === undefined || may === undefined) return;
    onService({ name, environment, mayChange: may === 'write', isKnown: true });
  }, [name, environment, may, onService]);

  const key = `${route.view} ${route.id ?? ''}`;
  const main = useFocusOnChange(key);
  useTitle(route, service.name);
  const View = VIEWS[route.view];
  return html`<div class="columns">
    <div class="side">
      <${Navigation} view=${route.view} status=${status.body} environment=${service.environment} />
      <${Freshness} reached=${reached} />
    </div>
    <main id="content" tabindex="-1" ref=${main}>
      <${Lost} reached=${reached} />
      <${View} key=${key} id=${route.id} query=${route.query} status=${status} />
    </main>
  </div>`;
}

/** @param {{ service: Service }} props */
function Environment({ service }) {
  const { environment, readOnly } = useTexts();
  if (!service.isKnown) return null;
  return html`<span class="environment environment-${service.environment}">${environment[service.environment]}</span>
    ${!service.mayChange && html`<span class="chip">${readOnly}</span>`}`;
}

/**
 * Moves the focus to a view when the reader goes to another one, so that a screen reader begins there.
 * @param {string} key
 */
function useFocusOnChange(key) {
  const main = useRef(/** @type {HTMLElement | null} */ (null));
  const last = useRef(key);
  useEffect(() => {
    if (last.current === key) return;
    last.current = key;
    main.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [key]);
  return main;
}

/** It is taken away after a while, so that the same words can be said once more. */
function useAnnouncement() {
  const [said, announce] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => announce(''), ANNOUNCED_MS);
    return () => clearTimeout(timer);
  }, [said]);
  return /** @type {const} */ ([said, announce]);
}

/** The address of the view stays. @param {MouseEvent} event */
function skipToContent(event) {
  event.preventDefault();
  document.getElementById('content')?.focus();
}
