/** The whole page: the form for the token, or the views behind it. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { createRefresher } from '../api/refresher.js';
import { createApi } from '../api/requests.js';
import { html } from '../lib/html.js';
import { usePreferences } from '../lib/preferences.js';
import { TEXTS } from '../texts/texts.js';
import { Frame } from './frame.js';
import { SignIn } from './sign-in.js';

/**
 * @typedef {import('../api/requests.js').Answer<unknown>['outcome'] | 'database'} Connection
 * @typedef {{ readonly connection: Connection, readonly answeredAt: number | null }} Reached
 */

/** @param {{ session: import('../api/session.js').Session, base: string }} props */
export function App({ session, base }) {
  const preferences = usePreferences();
  const texts = TEXTS[preferences.language];
  const [signedIn, setSignedIn] = useState(() => (session.read() === null ? 'never' : 'yes'));
  const [reached, setReached] = useState(/** @type {Reached} */ ({ connection: 'answered', answeredAt: null }));

  const api = useMemo(() => {
    const created = createApi({
      fetch: (...request) => fetch(...request),
      base,
      credentials: session.read,
      clock: Date.now,
      onAnswer(answer, path) {
        if (answer.outcome === 'given_up') return;
        if (answer.outcome === 'signed_out' || answer.outcome === 'slowed') {
          setSignedIn((last) => (last === 'yes' ? 'gone' : last));
        }
        setReached((last) => reachedBy(answer, { path, last, now: created.now() }));
      },
    });
    return created;
  }, [base, session]);
  const last = useRef(signedIn);
  useEffect(() => {
    if (signedIn === 'gone') session.forget();
    // The form is gone, and with it the focus.
    if (signedIn === 'yes' && last.current !== 'yes')
      document.getElementById('content')?.focus({ preventScroll: true });
    last.current = signedIn;
  }, [signedIn, session]);

  const refresher = useRefresher();
  if (signedIn !== 'yes') {
    const onSignedIn = () => setSignedIn('yes');
    return html`<${SignIn} texts=${texts} api=${api} session=${session} isGone=${signedIn === 'gone'}
      language=${preferences.language} onSignedIn=${onSignedIn} />`;
  }
  const signOut = () => {
    session.forget();
    setSignedIn('never');
  };
  return html`<${Frame} ...${{ api, refresher, texts, preferences, reached, signOut }} />`;
}

/** This one is answered without the database, so it says nothing of it. */
const WITHOUT_DATABASE = 'access';

/**
 * `now`: by the clock of the service, as all times of the page.
 * @param {import('../api/requests.js').Answer<unknown>} answer @param {{ path: string, last: Reached, now: number }} known
 * @returns {Reached}
 */
function reachedBy(answer, { path, last, now }) {
  if (answer.outcome === 'unreachable') return { ...last, connection: 'unreachable' };
  const isAway = answer.outcome === 'refused' && answer.status === 503 && answer.code === 'database';
  if (isAway || (last.connection === 'database' && path === WITHOUT_DATABASE))
    return { ...last, connection: 'database' };
  return { connection: 'answered', answeredAt: now };
}

function useRefresher() {
  const refresher = useMemo(() => {
    return createRefresher({
      random: Math.random,
      setTimer: (action, ms) => window.setTimeout(action, ms),
      clearTimer: (timer) => window.clearTimeout(timer),
      isVisible: () => document.visibilityState === 'visible',
    });
  }, []);
  useEffect(() => {
    document.addEventListener('visibilitychange', refresher.onVisibility);
    return () => document.removeEventListener('visibilitychange', refresher.onVisibility);
  }, [refresher]);
  return refresher;
}
