/**
 * Reads and shows the URL templates that Resurs holds, whoever registered them. Shown templates lose what could be somebody's
 * secret: user names in them, and constant values under names that mean nothing to us.
 */

/** The time of registration in a template, unix seconds; null when it has none. */
export function registrationTime(uriTemplate: string): number | null {
  const digits = /[?&](?:amp;)?t=([0-9]{1,12})(?:&|$)/i.exec(uriTemplate)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** The time a new registration takes: now, or later when the held one has that or a later one. Unix seconds. */
export function nextRegistrationTime(held: string | null, now: number): number {
  const last = held === null ? null : registrationTime(held);
  return last === null ? now : Math.max(now, last + 1);
}

/** Equal as far as Resurs' readings go: it may change case, and may escape `&` and braces. */
export function isSameTemplate(one: string, other: string): boolean {
  return normalizeTemplate(one) === normalizeTemplate(other);
}

/** A template in the form in which templates are compared. */
export function normalizeTemplate(uriTemplate: string): string {
  return uriTemplate.toLowerCase().replaceAll('&amp;', '&').replaceAll('%7b', '{').replaceAll('%7d', '}');
}

/** A template as people may see it: no user name, no constant value but type and time; nothing invisible. */
export function redactTemplate(uriTemplate: string): string {
  const plain = visible(uriTemplate).replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1');
  const [path = '', ...rest] = plain.split('?');
  if (rest.length === 0) return path;

  const pairs = rest.join('?').split('&').map(showPair);
  return `${path}?${pairs.join('&')}`;
}

/** A text of the other side without what would move the cursor, break the line or hide. */
export function visible(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\uFFFD');
}

function showPair(pair: string): string {
  const mark = pair.indexOf('=');
  if (mark === -1) return pair;
  const isOpen =
    /=(?:\{\w+\})?$/.test(pair) || /^(?:amp;)?(?:c|t|ts|event-type|eventType|callback|wc-api)=/i.test(pair);
  return isOpen ? pair : `${pair.slice(0, mark)}=…`;
}
