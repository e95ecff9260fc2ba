/**
 * Forms the URLs that a shop names in a create-payment call of the Merchant API. There is no registration: Resurs calls
 * what the payment itself names, as long as the payment lives. Pure.
 */

/** What Resurs takes as the reference of an order. */
const ORDER_REFERENCE = /^[A-Za-z0-9_-]{1,36}$/;

/** What the URLs are made of. */
export interface CallbackUrlParts {
  /** The callback URL without a query; it may end with a slash. */
  readonly target: string;
  /** The shop's reference of the order, or null. */
  readonly order: string | null;
  readonly token: string | null;
}

/** The three URLs under the names that `options.callbacks` of a create-payment call has. */
export interface MapiCallbackUrls {
  readonly authorization: string;
  readonly management: string;
  readonly creditApplication: string;
}

/** Returns whether Resurs takes the text as the reference of an order. */
export function isOrderReference(text: string): boolean {
  return ORDER_REFERENCE.test(text);
}

/** Returns the URLs. Their values are percent-encoded. */
export function mapiCallbackUrls({ target, order, token }: CallbackUrlParts): MapiCallbackUrls {
  const base = target.replace(/\/+$/, '');
  const urlOf = (kind: string): string => {
    const withOrder = order === null ? `${base}/${kind}` : withParameter(`${base}/${kind}`, 'order', order);
    return token === null ? withOrder : withParameter(withOrder, 'token', token);
  };
  return {
    authorization: urlOf('authorization'),
    management: urlOf('management'),
    creditApplication: urlOf('credit-application'),
  };
}

/** Returns the URL with one more parameter. */
export function withParameter(url: string, name: string, value: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${name}=${encodeURIComponent(value)}`;
}
