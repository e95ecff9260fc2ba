/**
 * The schema of Resurs' SOAP messages, as far as the fake has them: each message is an xs:sequence. Requests are parsed
 * by it, and the WSDL is made of it.
 */
import type { SequenceItem } from './sequence-item.ts';
import { FOUND_PAYMENT_SEQUENCE, PAYMENT_SEQUENCE } from './soap-payment-schema.ts';
import { SEARCH_SEQUENCE } from './soap-search-schema.ts';

/** The namespaces of the messages, by service. */
export const NAMESPACES: Readonly<Record<string, string>> = {
  '/ConfigurationService': 'http://ecommerce.resurs.com/v4/msg/configuration',
  '/DeveloperWebService': 'http://ecommerce.resurs.com/v4/msg/developer',
  '/AfterShopFlowService': 'http://ecommerce.resurs.com/v4/msg/aftershopflow',
};

const TYPE: SequenceItem = { name: 'eventType', min: 1, max: 1 };
/** The only element of a registration with elements inside. */
export const DIGEST = 'digestConfiguration';

export const DIGEST_SEQUENCE: readonly SequenceItem[] = [
  { name: 'digestAlgorithm', min: 1, max: 1 },
  { name: 'digestParameters', min: 1, max: Number.POSITIVE_INFINITY },
  { name: 'digestSalt', min: 0, max: 1, isNillable: true },
];

/** The operations of each service. */
export const SEQUENCES: Readonly<Record<string, Readonly<Record<string, readonly SequenceItem[]>>>> = {
  '/ConfigurationService': {
    registerEventCallback: [
      TYPE,
      { name: 'uriTemplate', min: 1, max: 1 },
      { name: 'basicAuthUserName', min: 0, max: 1, isNillable: true },
      { name: 'basicAuthPassword', min: 0, max: 1, isNillable: true },
      { name: DIGEST, min: 0, max: 1, isNillable: true, children: DIGEST_SEQUENCE },
    ],
    unregisterEventCallback: [TYPE],
    getRegisteredEventCallback: [TYPE],
  },
  '/DeveloperWebService': {
    triggerEvent: [TYPE, { name: 'param', min: 0, max: Number.POSITIVE_INFINITY }],
  },
  '/AfterShopFlowService': {
    getPayment: [{ name: 'paymentId', min: 1, max: 1 }],
    findPayments: SEARCH_SEQUENCE,
  },
};

/** The elements of a response by operation; all others are empty. */
export const RESPONSE_SEQUENCES: Readonly<Record<string, readonly SequenceItem[]>> = {
  getRegisteredEventCallback: [{ name: 'uriTemplate', min: 0, max: 1 }],
  getPayment: [{ name: 'return', min: 1, max: 1, children: PAYMENT_SEQUENCE }],
  findPayments: [{ name: 'return', min: 0, max: Number.POSITIVE_INFINITY, children: FOUND_PAYMENT_SEQUENCE }],
};

/** The namespace of the element in the detail of a fault. */
export const EXCEPTION = 'http://ecommerce.resurs.com/v4/msg/exception';

/** The elements of an error of Resurs. */
export const ERROR_SEQUENCE: readonly SequenceItem[] = [
  { name: 'errorTypeDescription', min: 1, max: 1 },
  { name: 'errorTypeId', min: 1, max: 1 },
  { name: 'fixableByYou', min: 1, max: 1 },
  { name: 'userErrorMessage', min: 1, max: 1 },
];
