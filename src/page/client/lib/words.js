/** Words for the names of the API. */

/**
 * Returns the words of a name, or the name itself where it has none: a later version of the service may know more.
 * @param {Readonly<Record<string, string>>} words @param {string} name
 */
export function wordOf(words, name) {
  return (Object.hasOwn(words, name) ? words[name] : undefined) ?? name;
}
