/** Language and colours that the reader has chosen; kept in this browser, since they are no secret. */
import { useEffect, useState } from 'preact/hooks';
import { chooseLanguage } from '../texts/texts.js';

/** @typedef {'auto' | 'light' | 'dark'} Theme */

const LANGUAGE = 'language';
const THEME = 'theme';

/** Returns the choices and what changes them; the document follows. */
export function usePreferences() {
  const [language, setLanguage] = useState(readLanguage);
  const [theme, setTheme] = useState(readTheme);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  useEffect(() => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  return {
    language,
    theme,
    chooseLanguage: (/** @type {import('./time.js').Language} */ chosen) => {
      keep(LANGUAGE, chosen);
      setLanguage(chosen);
    },
    chooseTheme: (/** @type {Theme} */ chosen) => {
      keep(THEME, chosen);
      setTheme(chosen);
    },
  };
}

function readLanguage() {
  const kept = read(LANGUAGE);
  return kept === 'en' || kept === 'sv' ? kept : chooseLanguage(navigator.languages);
}

/** @returns {Theme} */
function readTheme() {
  const kept = read(THEME);
  return kept === 'light' || kept === 'dark' ? kept : 'auto';
}

/** @param {string} name */
function read(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string} value */
function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}
