/**
 * The SOAP interface: its services under one base path, SOAP 1.1, document/literal.
 * Faults have HTTP status 500. An error of Resurs is in the detail; a fault of the SOAP layer has no detail.
 */
import { type ApiProtocol, type ApiRequest, type ApiResponse, type Decoded, htmlPage } from './protocol.ts';
import type { Operation } from './quirks.ts';
import type { EcomOperation, OperationResult } from './registry.ts';
import { foundPaymentFields, paymentFields } from './soap-payment.ts';
import { parseEnvelope, type XmlElement } from './soap-reader.ts';
import { parseMessage } from './soap-requests.ts';
import { renderFault, renderMessage, type SoapMessage, type XmlPrefixes } from './soap-responses.ts';
import { NAMESPACES, SEQUENCES } from './soap-schema.ts';

const CONFIGURATION = '/ConfigurationService';
const DEVELOPER = '/DeveloperWebService';
const AFTER_SHOP = '/AfterShopFlowService';

type SoapOperation = Exclude<EcomOperation['name'], 'list'>;

/** The elements of the responses; SOAP has no list. */
const RESPONSES: Readonly<Record<SoapOperation, Omit<SoapMessage, 'fields'>>> = {
  register: responseElement(CONFIGURATION, 'registerEventCallbackResponse'),
  unregister: responseElement(CONFIGURATION, 'unregisterEventCallbackResponse'),
  read: responseElement(CONFIGURATION, 'getRegisteredEventCallbackResponse'),
  trigger: responseElement(DEVELOPER, 'triggerEventResponse'),
  payment: responseElement(AFTER_SHOP, 'getPaymentResponse'),
  search: responseElement(AFTER_SHOP, 'findPaymentsResponse'),
};

const OPERATIONS: Readonly<Record<string, Operation>> = {
  registerEventCallback: 'register',
  unregisterEventCallback: 'unregister',
  getRegisteredEventCallback: 'read',
  triggerEvent: 'trigger',
  getPayment: 'payment',
  findPayments: 'search',
};

export const SOAP: ApiProtocol = {
  decode,
  respond(operation, result, prefixes) {
    if (result.outcome === 'refused') {
      const { message, ...error } = result.error;
      return xml(500, renderFault({ text: message, detail: { ...error, isFixable: true } }, prefixes));
    }
    if (operation.name === 'list') throw new TypeError('there is no list over SOAP');
    return xml(200, renderMessage({ ...RESPONSES[operation.name], fields: fieldsOf(result) }, prefixes));
  },
  serverError: (prefixes) =>
    xml(500, renderFault({ text: 'An unexpected error occurred', detail: INTERNAL }, prefixes)),
  unauthorised: () => htmlPage(401, 'Unauthorized'),
};

const INTERNAL = { id: 3, name: 'INTERNAL_ERROR', isFixable: false };

function decode({ method, path, contentType, soapAction, body }: ApiRequest, prefixes: XmlPrefixes): Decoded {
  const refuse = (reason: string, message: XmlElement | null = null) => refused({ message, reason }, prefixes);
  const operations = Object.hasOwn(SEQUENCES, path) ? SEQUENCES[path] : undefined;
  if (operations === undefined) return notSoap(htmlPage(404, 'Not Found'));
  if (method !== 'POST') return notSoap(htmlPage(405, 'Method Not Allowed'));
  if (contentType !== 'text/xml') return notSoap(htmlPage(415, 'Unsupported Media Type'));
  // SOAP 1.1 requires the header, and Resurs' WSDL defines its value as empty.
  if (soapAction === null || soapAction.replaceAll('"', '') !== '') return refuse('SOAPAction is not ""');

  const envelope = parseEnvelope(body);
  if (envelope.outcome === 'malformed') return refuse(envelope.reason);
  const { message } = envelope;
  const sequence = Object.hasOwn(operations, message.name) ? operations[message.name] : undefined;
  if (sequence === undefined || message.namespace !== NAMESPACES[path]) {
    return refuse('The service has no such operation');
  }

  const read = parseMessage(message, sequence);
  return read.outcome === 'read' ? { outcome: 'decoded', operation: read.operation } : refuse(read.reason, message);
}

function notSoap(response: ApiResponse): Decoded {
  return { outcome: 'refused', operation: 'unknown', type: null, response, note: 'no SOAP request' };
}

/** A fault of the SOAP layer; it has no detail. */
function refused({ message, reason }: { message: XmlElement | null; reason: string }, prefixes: XmlPrefixes): Decoded {
  const operation = message === null ? 'unknown' : (OPERATIONS[message.name] ?? 'unknown');
  const type = message?.children.find(({ name }) => name === 'eventType')?.text ?? null;
  const response = xml(500, renderFault({ text: reason, detail: null }, prefixes));
  return { outcome: 'refused', operation, type, response, note: reason };
}

function fieldsOf(result: OperationResult): SoapMessage['fields'] {
  if (result.outcome === 'payment') return [['return', paymentFields(result.payment)]];
  if (result.outcome === 'found') {
    return result.payments.map((payment) => ['return', foundPaymentFields(payment, result.modifiedFromBooking)]);
  }
  if (result.outcome !== 'read' || result.uriTemplate === null) return [];
  return [['uriTemplate', result.uriTemplate]];
}

function responseElement(path: string, name: string): Omit<SoapMessage, 'fields'> {
  return { namespace: NAMESPACES[path] ?? '', name };
}

function xml(status: number, body: string): ApiResponse {
  return { status, contentType: 'text/xml;charset=UTF-8', body };
}
