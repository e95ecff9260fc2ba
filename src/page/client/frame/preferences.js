/** Language, colours, and signing out. */
import { html } from '../lib/html.js';
import { usePage } from '../lib/page.js';

/**
 * @param {{ preferences: ReturnType<typeof import('../lib/preferences.js').usePreferences>, signOut: () => void }} props
 */
export function Preferences({ preferences, signOut }) {
  const { texts } = usePage();
  const chosen = (/** @type {Event} */ event) =>
    /** @type {never} */ (/** @type {HTMLSelectElement} */ (event.currentTarget).value);
  return html`<div class="preferences">
    <select aria-label=${texts.settings.language} value=${preferences.language}
      onChange=${(/** @type {Event} */ event) => preferences.chooseLanguage(chosen(event))}>
      <option value="en" lang="en">English</option>
      <option value="sv" lang="sv">Svenska</option>
    </select>
    <select aria-label=${texts.settings.theme} value=${preferences.theme}
      onChange=${(/** @type {Event} */ event) => preferences.chooseTheme(chosen(event))}>
      ${(/** @type {const} */ (['auto', 'light', 'dark'])).map((theme) => html`<option value=${theme}>${texts.settings[theme]}</option>`)}
    </select>
    <button type="button" class="button" onClick=${signOut}>${texts.signIn.out}</button>
  </div>`;
}
