/** Whether a row has the text that the reader looks for, in any case. Pure. */

/** @param {string} text @param {readonly (string | null)[]} values */
export function contains(text, values) {
  const wanted = text.trim().toLowerCase();
  return wanted === '' || values.some((value) => value?.toLowerCase().includes(wanted) === true);
}
