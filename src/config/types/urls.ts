/**
 * Types of URLs, and how URLs are masked: an operator needs host and path to recognise one, while userinfo, query and
 * fragment may contain secrets and are always masked. Whether the server exists is checked where it is used.
 */
import { invalid, ok, type ParseResult, type SettingType } from './basic.ts';

/** Replaces masked text. Its length is fixed, so that it reveals nothing about the secret. */
export const MASK = '********';

/** The merchant's webhook. Credentials belong in WEBHOOK_AUTHORIZATION, which is a secret. */
export function webhookUrl(): SettingType<string> {
  const parse = (text: string): ParseResult<string> => {
    const url = URL.parse(text.trim());
    if (url === null) return invalid('is not a URL');
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return invalid('is neither https nor http');
    if (url.username !== '' || url.password !== '') return invalid('contains a user name or password');
    if (text.includes('#')) return invalid('has a fragment, which is never sent');
    return ok(url.href);
  };

  return { expected: 'an https or http URL; credentials belong in WEBHOOK_AUTHORIZATION', parse, mask: maskUrl };
}

/**
 * Our own public address. `doctor` checks whether Resurs can reach it: http and other ports are allowed, because
 * running the whole path on one machine needs them. Braces would become placeholders of the registered URL.
 */
export function publicUrl(): SettingType<string> {
  return { ...baseUrl('an https URL without query, such as https://pay.shop.example'), mask: maskUrl };
}

/** Where people reach the status listener. It stands in messages, so what it contains is no secret. */
export function statusUrl(): SettingType<string> {
  const expected = 'an https or http URL without query, user name and password, such as https://ops.example/receiver';
  return { ...baseUrl(expected), mask: maskUrl };
}

/** An API of Resurs; a trailing slash makes no difference. */
export function resursUrl(): SettingType<string> {
  return {
    ...baseUrl('an https URL without query; credentials belong in RESURS_USERNAME and RESURS_PASSWORD'),
    mask: maskUrl,
  };
}

/** The Merchant API; a trailing slash makes no difference. */
export function mapiUrl(): SettingType<string> {
  return {
    ...baseUrl('an https URL without query; credentials belong in MAPI_CLIENT_ID and MAPI_CLIENT_SECRET'),
    mask: maskUrl,
  };
}

function baseUrl(expected: string): SettingType<string> {
  const parse = (text: string): ParseResult<string> => {
    const url = URL.parse(text.trim());
    if (url === null) return invalid('is not a URL');
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return invalid('is neither https nor http');
    if (url.username !== '' || url.password !== '') return invalid('contains a user name or password');
    if (/[?#]/.test(text)) return invalid('has a query or a fragment');
    if (/[{}]/.test(text)) return invalid('has braces, which mark placeholders');
    return ok(url.href.replace(/\/+$/, ''));
  };

  return { expected, parse };
}

/** A proxy of outgoing requests. `host:port` is an http proxy, as for other programs. */
export function proxyUrl(): SettingType<string> {
  const parse = (text: string): ParseResult<string> => {
    const url = URL.parse(withScheme(text.trim()));
    if (url === null || url.hostname === '') return invalid('is not a URL');
    if (url.protocol !== 'http:' && url.protocol !== 'https:') return invalid('is neither an http nor an https proxy');
    if (url.pathname !== '/' || /[?#]/.test(text)) return invalid('has a path, a query or a fragment');
    if (!isDecodable(url.username) || !isDecodable(url.password))
      return invalid('has a character that must be percent-encoded');
    return ok(url.href);
  };

  return {
    expected: 'the URL of a proxy such as http://proxy.example:3128, user name and password percent-encoded',
    parse,
    mask: (text) => maskUrl(withScheme(text.trim())),
  };
}

function withScheme(proxy: string): string {
  return !proxy.includes('://') && /:\d+\/?$/.test(proxy) ? `http://${proxy}` : proxy;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const PLACEHOLDER = '{paymentId}';

/** URL of the order lookup. The placeholder is kept; the lookup replaces it with the percent-encoded id. */
export function lookupUrl(): SettingType<string> {
  const parse = (text: string): ParseResult<string> => {
    const trimmed = text.trim();
    if (trimmed.split(PLACEHOLDER).length !== 2) return invalid(`does not contain ${PLACEHOLDER} exactly once`);
    const url = URL.parse(trimmed.replace(PLACEHOLDER, 'x'));
    if (url === null) return invalid('is not a URL');
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return invalid('is neither https nor http');
    if (url.username !== '' || url.password !== '') return invalid('contains a user name or password');
    if (url.host !== URL.parse(trimmed.replace(PLACEHOLDER, 'y'))?.host)
      return invalid(`has ${PLACEHOLDER} in its host`);
    return ok(trimmed);
  };

  return { expected: `an https or http URL with ${PLACEHOLDER} in its path or query`, parse, mask: maskUrl };
}

/** Where alerts go. Of such a URL the path is as secret as a password, so only its host is shown. */
export function alertUrl(): SettingType<string> {
  const { parse } = webhookUrl();
  return { expected: 'an https or http URL without user name and password', parse, mask: maskPath };
}

function maskPath(text: string): string {
  const url = URL.parse(text.trim());
  return url === null ? MASK : `${url.protocol}//${url.host}/${MASK}`;
}

/** Masks userinfo, query and fragment of a URL; a text that is not a URL is masked as a whole. */
export function maskUrl(text: string): string {
  const url = URL.parse(text.trim());
  if (url === null) return MASK;

  const userinfo = url.username === '' && url.password === '' ? '' : `${MASK}@`;
  const query = url.search === '' ? '' : `?${MASK}`;
  const fragment = url.hash === '' ? '' : `#${MASK}`;
  return `${url.protocol}//${userinfo}${url.host}${url.pathname}${query}${fragment}`;
}
