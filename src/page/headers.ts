/** The headers of every response of the page. */

/**
 * Only what this service itself serves is loaded, asked or run: nothing inline, no form that is sent, no frame around
 * the page, and no text that becomes markup (Trusted Types without any policy).
 */
const POLICY = [
  "default-src 'self'",
  "base-uri 'none'",
  "object-src 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-robots-tag': 'noindex',
  // Asked again each time, and answered 304 while nothing changed: an update of the service is an update of the page.
  'cache-control': 'no-cache',
};
