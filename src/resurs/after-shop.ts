/**
 * AfterShopFlowService, the service of Resurs that tells of payments: what its clients have in common. Its words for a
 * refusal may name a customer, so none of them is shown.
 */
import type { RemoteError } from './failure.ts';
import type { Service } from './soap-call.ts';

export const AFTER_SHOP: Service = {
  path: '/AfterShopFlowService',
  namespace: 'http://ecommerce.resurs.com/v4/msg/aftershopflow',
};

/** Resurs' errors by number, as far as getPayment and findPayments may give them. Source: its Exceptions.xsd. */
const ERROR_NAMES: ReadonlyMap<string, string> = new Map([
  ['1', 'ILLEGAL_ARGUMENT'],
  ['3', 'INTERNAL_ERROR'],
  ['4', 'NOT_ALLOWED'],
  ['8', 'REFERENCED_DATA_DONT_EXISTS'],
  ['11', 'NOT_IMPLEMENTED'],
  ['17', 'AUTHORIZATION_FAILED'],
  ['22', 'SERVICE_CONFIGURATION_EXCEPTION'],
  ['24', 'LIMIT_PER_TIME_EXCEEDED'],
  ['25', 'NOT_ALLOWED_IN_CURRENT_STATE'],
  ['99', 'LEGACY_EXCEPTION'],
  ['503', 'NOT_AUTHORIZED'],
]);

/** Replaces Resurs' words by the name of its error. Resurs means its text for the customer, and may name one in it. A fault of the SOAP layer may repeat anything. */
export function explainWithoutCustomer({ code, errorTypeId }: RemoteError): RemoteError {
  const isPlain = code !== null && /^(?:\d{1,4}|[A-Za-z]{1,32}(?:\.[A-Za-z]{1,32})?)$/.test(code);
  const name = errorTypeId === null ? undefined : ERROR_NAMES.get(errorTypeId);
  return {
    code: isPlain ? code : null,
    errorTypeId,
    text: name ?? 'refused; the text may name a customer, so it is hidden',
  };
}
