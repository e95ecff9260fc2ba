/**
 * URLs among the settings, and how they are shown: host and path are what an operator needs to recognise one, while
 * userinfo, query and fragment may hold secrets and are always masked. Whether the other side exists is left to the
 * parts that talk to it.
 */
import { invalid, ok, type ParseResult, type SettingType } from './basic.ts';

/** Stands for anything that is not shown; of one length, so that it tells nothing about the secret. */
export const MASK = '********';

/** Fills the place of a host that is left out; a reserved name, so it is never a real one (RFC 2606). */
const NO_HOST = 'socket.invalid';

/** The merchant's webhook. Credentials belong into WEBHOOK_AUTHORIZATION, where they are known to be a secret. */
export function webhookUrl(): SettingType<string> {
  const parse = (text: string): ParseResult<string> => {
    const url = URL.parse(text.trim());
    if (url === null) return invalid('is no URL');
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return invalid('is neither https nor http');
    if (url.username !== '' || url.password !== '') return invalid('holds a user name or password');
    if (text.includes('#')) return invalid('has a fragment, which is never sent');
    return ok(url.href);
  };

  return { expected: 'an https or http URL; credentials go into WEBHOOK_AUTHORIZATION', parse, mask: maskUrl };
}

/**
 * Our own address as the world knows it. Whether it is one that Resurs can reach is judged by `doctor`: http and other ports
 * are needed to play the whole path on one machine. Braces would become placeholders of the registered URL.
 */
export function publicUrl(): SettingType<string> {
  return { ...baseUrl('an https URL without query, such as https://pay.shop.example'), mask: maskUrl };
}

/** An interface of Resurs; a slash at its end makes no difference. */
export function resursUrl(): SettingType<string> {
  return {
    ...baseUrl('an https URL without query; credentials go into RESURS_USERNAME and RESURS_PASSWORD'),
    mask: maskUrl,
  };
}

function baseUrl(expected: string): SettingType<string> {
  const parse = (text: string): ParseResult<string> => {
    const url = URL.parse(text.trim());
    if (url === null) return invalid('is no URL');
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return invalid('is neither https nor http');
    if (url.username !== '' || url.password !== '') return invalid('holds a user name or password');
    if (/[?#]/.test(text)) return invalid('has a query or a fragment');
    if (/[{}]/.test(text)) return invalid('has braces, which mark placeholders');
    return ok(url.href.replace(/\/+$/, ''));
  };

  return { expected, parse };
}

const PLACEHOLDER = '{paymentId}';

/** Where orders are looked up. The placeholder is kept as it is; who asks puts the percent-encoded id in its place. */
export function lookupUrl(): SettingType<string> {
  const parse = (text: string): ParseResult<string> => {
    const trimmed = text.trim();
    if (trimmed.split(PLACEHOLDER).length !== 2) return invalid(`does not hold ${PLACEHOLDER} exactly once`);
    const url = URL.parse(trimmed.replace(PLACEHOLDER, 'x'));
    if (url === null) return invalid('is no URL');
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return invalid('is neither https nor http');
    if (url.username !== '' || url.password !== '') return invalid('holds a user name or password');
    if (url.host !== URL.parse(trimmed.replace(PLACEHOLDER, 'y'))?.host)
      return invalid(`has ${PLACEHOLDER} in its host`);
    return ok(trimmed);
  };

  return { expected: `an https or http URL with ${PLACEHOLDER} in its path or query`, parse, mask: maskUrl };
}

/**
 * A Postgres connection string. An unescaped `#`, `/` or `?` in a password would silently cut the URL short and make
 * part of the password look like a host, a path or a query, so what looks like that is refused.
 */
export function databaseUrl(): SettingType<string> {
  const parse = (text: string): ParseResult<string> => {
    const url = parseUrl(text.trim());
    if (url === null) return invalid('is no URL');
    if (!/^postgres(?:ql)?:\/\//i.test(text.trim())) return invalid('is no postgres:// URL');
    if (url.hash !== '' || url.pathname.includes('@')) return invalid('has a character that must be percent-encoded');
    return ok(text.trim());
  };

  return {
    expected: 'a URL such as postgres://user:password@host:5432/database, special characters percent-encoded',
    parse,
    mask: maskUrl,
  };
}

/** The URL with userinfo, query and fragment masked; what is no URL is masked as a whole. */
export function maskUrl(text: string): string {
  const url = parseUrl(text.trim());
  if (url === null) return MASK;

  const userinfo = url.username === '' && url.password === '' ? '' : `${MASK}@`;
  const query = url.search === '' ? '' : `?${MASK}`;
  const fragment = url.hash === '' ? '' : `#${MASK}`;
  const host = url.host === NO_HOST ? '' : url.host;
  return `${url.protocol}//${userinfo}${host}${url.pathname}${query}${fragment}`;
}

/** Postgres allows userinfo without a host (`user:password@/database?host=/run`), the URL standard does not. */
function parseUrl(text: string): URL | null {
  const url = URL.parse(text);
  if (url !== null) return url;

  const named = URL.parse(text.replace('@/', `@${NO_HOST}/`));
  return named?.protocol.startsWith('postgres') === true ? named : null;
}
