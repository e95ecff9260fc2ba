/** Why a delivery was given up, in words: by the status of the last answer, or by how the last attempt ended. */

/** @typedef {{ readonly name: string, readonly meaning: string, readonly fix: string }} ReasonWords */

/** @param {import('../texts/en.js').Texts} texts @param {string} reason @returns {ReasonWords} */
export function reasonWords(texts, reason) {
  /** @type {Readonly<Record<string, ReasonWords>>} */
  const reasons = texts.deadLetters.reasons;
  const { redirect, client, server, refused } = texts.deadLetters.reasons;
  if (Object.hasOwn(reasons, reason)) return reasons[reason] ?? refused;
  if (/^3\d\d$/.test(reason)) return redirect;
  if (/^4\d\d$/.test(reason)) return client;
  if (/^5\d\d$/.test(reason)) return server;
  return refused;
}

/** Returns its status and its name, such as "503 Service unavailable". @param {import('../texts/en.js').Texts} texts @param {string} reason */
export function reasonName(texts, reason) {
  const { name } = reasonWords(texts, reason);
  return /^\d/.test(reason) ? `${reason} ${name}` : name;
}
