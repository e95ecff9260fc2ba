/** The form for the token. A password manager can fill and keep it. It is never sent as a form. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { html } from '../lib/html.js';
import { duration } from '../lib/time.js';
import { Notice } from '../parts/notice.js';

/**
 * @param {{ texts: import('../texts/en.js').Texts, api: import('../api/requests.js').Api,
 *   session: import('../api/session.js').Session, isGone: boolean, language: import('../lib/time.js').Language,
 *   onSignedIn: () => void }} props
 */
export function SignIn({ texts, api, session, isGone, language, onSignedIn }) {
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  const [isChecking, setChecking] = useState(false);
  const [problem, setProblem] = useState(isGone ? texts.signIn.gone : '');
  const submit = async (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget));
    const token = String(form.get('token') ?? '').trim();
    if (token === '') return setProblem(texts.signIn.empty);
    setProblem('');
    setChecking(true);
    session.keep({ token, operator: String(form.get('operator') ?? '').trim() });
    const answer = await api.get('access');
    setChecking(false);
    if (answer.outcome === 'answered') return onSignedIn();
    session.forget();
    setProblem(problemOf(answer, texts, language));
    return field.current?.select();
  };
  useEffect(() => field.current?.focus(), []);
  return html`<main class="sign-in">
    <form class="card" onSubmit=${submit} aria-labelledby="sign-in-heading">
      <img src="icon.svg" alt="" width="40" height="40" />
      <h1 id="sign-in-heading">${texts.title}</h1>
      <p class="quiet">${texts.signIn.intro}</p>
      <input class="off-screen" type="text" name="username" autocomplete="username" value="status" readonly
        tabindex="-1" aria-hidden="true" />
      <label>${texts.signIn.token}
        <input ref=${field} type="password" name="token" autocomplete="current-password" spellcheck=${false} />
      </label>
      <label>${texts.signIn.operator}
        <input type="text" name="operator" maxlength="64" autocomplete="name" aria-describedby="operator-hint"
          defaultValue=${session.operator()} />
      </label>
      <p class="quiet" id="operator-hint">${texts.signIn.operatorHint}</p>
      <div role="alert">${problem !== '' && html`<${Notice} kind="bad">${problem}<//>`}</div>
      <button type="submit" class="button primary" disabled=${isChecking}>
        ${isChecking ? texts.signIn.checking : texts.signIn.submit}
      </button>
    </form>
  </main>`;
}

/**
 * @param {import('../api/requests.js').Answer<unknown>} answer @param {import('../texts/en.js').Texts} texts
 * @param {import('../lib/time.js').Language} language
 */
function problemOf(answer, texts, language) {
  switch (answer.outcome) {
    case 'answered':
      return '';
    case 'signed_out':
      return texts.signIn.wrong;
    case 'slowed':
      return texts.signIn.slowed(duration(answer.afterSeconds * 1_000, language));
    case 'refused':
      return texts.signIn.failed(answer.status);
    case 'unreachable':
    case 'given_up':
      return texts.signIn.unreachable;
  }
}
