/** The whole page: the form for the token, or the views behind it. */
import { useEffect, useMemo, useState } from 'preact/hooks';
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
    return createApi({
      fetch: (...request) => fetch(...request),
      base,
      credentials: session.read,
      clock: Date.now,
      onAnswer(answer) {
        if (answer.outcome === 'given_up') return;
        if (answer.outcome === 'signed_out') setSignedIn((last) => (last === 'yes' ? 'gone' : last));
        setReached((last) => reachedBy(answer, last, Date.now()));
      },
    });
  }, [base, session]);
  useEffect(() => {
    if (signedIn === 'gone') session.forget();
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

/** @param {import('../api/requests.js').Answer<unknown>} answer @param {Reached} last @param {number} now @returns {Reached} */
function reachedBy(answer, last, now) {
  switch (answer.outcome) {
    case 'unreachable':
      return { ...last, connection: 'unreachable' };
    case 'refused':
      return answer.status === 503 && answer.code === 'database'
        ? { ...last, connection: 'database' }
        : { connection: 'answered', answeredAt: now };
    default:
      return { connection: 'answered', answeredAt: now };
  }
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
