/**
 * URL templates of callbacks: builds the one to register for an event type, reads and compares those that Resurs has,
 * and redacts them for people. There is one template per event type, in the query form or in the pair form of
 * docs/protocol.md. The type is literal text, because Resurs has no placeholder for it. `&` is plain: registered as
 * `&amp;`, as in Resurs' own example, it would come back as part of the next name.
 */
import { replaceInvisible } from '../../lib/printable.ts';
import type { CallbackType } from './callback-types.ts';
import { placeholdersFor } from './registration.ts';

export type UrlForm = 'query' | 'pairs';

export interface TemplateOptions {
  /** The callback URL without the parameters; may have a query of its own (`/?wc-api=ResursDefault`). */
  readonly target: string;
  readonly form: UrlForm;
  /** `t`: unix seconds of the registration, as text. */
  readonly registeredAt: string;
  readonly signed: boolean;
}

/** Names in the query form (docs/protocol.md); a TEST keeps `param1` to `param5`. */
const QUERY_NAMES: Readonly<Record<string, string>> = { paymentId: 'p', result: 'r', digest: 'd' };

/** Builds the template to register for a type; its placeholders stay literal. */
export function urlTemplate(type: CallbackType, options: TemplateOptions): string {
  const { target, form, registeredAt, signed } = options;
  const names = [...placeholdersFor(type), ...(signed ? ['digest'] : [])];
  if (form === 'query') {
    const pairs = names.map((name) => `${QUERY_NAMES[name] ?? name}={${name}}`);
    return withQuery(target, [`c=${type}`, `t=${registeredAt}`, ...pairs]);
  }

  const [path = '', query] = target.split('?');
  const pairs = names.map((name) => `/${name}/{${name}}`).join('');
  const pairUrl = `${path.replace(/\/+$/, '')}/${type.toLowerCase()}${pairs}`;
  return withQuery(query === undefined ? pairUrl : `${pairUrl}?${query}`, [`t=${registeredAt}`]);
}

/** Replaces each `{name}` by its value, percent-encoded; a placeholder without a value becomes empty. */
export function fillTemplate(uriTemplate: string, values: ReadonlyMap<string, string | null>): string {
  return uriTemplate.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values.get(name) ?? ''));
}

/** Returns the time of registration in a template, unix seconds, or null if it has none. */
export function registrationTime(uriTemplate: string): number | null {
  const digits = /[?&](?:amp;)?t=([0-9]{1,12})(?:&|$)/i.exec(uriTemplate)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Returns the time for a new registration, unix seconds: now, but later than that of the registered template. */
export function nextRegistrationTime(registered: string | null, now: number): number {
  const last = registered === null ? null : registrationTime(registered);
  return last === null ? now : Math.max(now, last + 1);
}

/** Compares as far as Resurs keeps a template: it may change case, and may escape `&` and braces. */
export function isSameTemplate(one: string, other: string): boolean {
  return normalizeTemplate(one) === normalizeTemplate(other);
}

/** Returns the form in which templates are compared. */
export function normalizeTemplate(uriTemplate: string): string {
  return uriTemplate.toLowerCase().replaceAll('&amp;', '&').replaceAll('%7b', '{').replaceAll('%7d', '}');
}

/**
 * Redacts what could be a secret in a template from any client: the user name, and constant values under names
 * other than type and time. Invisible characters are replaced.
 */
export function redactTemplate(uriTemplate: string): string {
  const plain = replaceInvisible(uriTemplate).replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1');
  const [path = '', ...rest] = plain.split('?');
  if (rest.length === 0) return path;

  const pairs = rest.join('?').split('&').map(redactPair);
  return `${path}?${pairs.join('&')}`;
}

function redactPair(pair: string): string {
  const separatorAt = pair.indexOf('=');
  if (separatorAt === -1) return pair;
  const isPublic =
    /=(?:\{\w+\})?$/.test(pair) ||
    /^(?:amp;)?(?:c|t|ts|event-type|eventType|callback|status|event|type|wc-api|route)=/i.test(pair);
  return isPublic ? pair : `${pair.slice(0, separatorAt)}=…`;
}

function withQuery(url: string, pairs: readonly string[]): string {
  return `${url}${url.includes('?') ? '&' : '?'}${pairs.join('&')}`;
}
