/**
 * The SOAP interface: ConfigurationService and DeveloperWebService below one base, SOAP 1.1, document/literal. Faults
 * come as HTTP 500, with Resurs' own error in the detail when it is one of its own, and without a detail when the
 * request was already refused by the SOAP layer.
 */
import { type ApiProtocol, type ApiRequest, type ApiResponse, type Decoded, htmlPage } from './protocol.ts';
import type { Operation } from './quirks.ts';
import type { ApiOperation, OperationResult } from './registry.ts';
import { readEnvelope, type XmlElement } from './soap-reader.ts';
import { NAMESPACES, readMessage, SEQUENCES } from './soap-requests.ts';
import { renderFault, renderMessage, type SoapMessage, type XmlPrefixes } from './soap-responses.ts';

const CONFIGURATION = '/ConfigurationService';
const DEVELOPER = '/DeveloperWebService';

/** The answers' elements; SOAP has no list. */
const ANSWERS: Readonly<Record<Exclude<ApiOperation['operation'], 'list'>, Omit<SoapMessage, 'fields'>>> = {
  register: answerOf(CONFIGURATION, 'registerEventCallbackResponse'),
  unregister: answerOf(CONFIGURATION, 'unregisterEventCallbackResponse'),
  read: answerOf(CONFIGURATION, 'getRegisteredEventCallbackResponse'),
  trigger: answerOf(DEVELOPER, 'triggerEventResponse'),
};

const OPERATIONS: Readonly<Record<string, Operation>> = {
  registerEventCallback: 'register',
  unregisterEventCallback: 'unregister',
  getRegisteredEventCallback: 'read',
  triggerEvent: 'trigger',
};

export const SOAP: ApiProtocol = {
  decode: understand,
  answer(asked, decision, prefixes) {
    if (decision.outcome === 'refused') {
      const { id, name, message } = decision.error;
      return xml(500, renderFault({ text: message, detail: { id, name, isFixable: true } }, prefixes));
    }
    if (asked.operation === 'list') throw new TypeError('there is no list over SOAP');
    return xml(200, renderMessage({ ...ANSWERS[asked.operation], fields: fieldsOf(decision) }, prefixes));
  },
  serverError: (prefixes) =>
    xml(500, renderFault({ text: 'An unexpected error occurred', detail: INTERNAL }, prefixes)),
  unauthorised: () => htmlPage(401, 'Unauthorized'),
};

const INTERNAL = { id: 3, name: 'INTERNAL_ERROR', isFixable: false };

function understand({ method, path, contentType, soapAction, body }: ApiRequest, prefixes: XmlPrefixes): Decoded {
  const refuse = (reason: string, message: XmlElement | null = null) => refused({ message, reason }, prefixes);
  const operations = Object.hasOwn(SEQUENCES, path) ? SEQUENCES[path] : undefined;
  if (operations === undefined) return notSoap(htmlPage(404, 'Not Found'));
  if (method !== 'POST') return notSoap(htmlPage(405, 'Method Not Allowed'));
  if (contentType !== 'text/xml') return notSoap(htmlPage(415, 'Unsupported Media Type'));
  // The header is a must of SOAP 1.1, and its value an empty one in Resurs' WSDL.
  if (soapAction === null || soapAction.replaceAll('"', '') !== '') return refuse('SOAPAction is not ""');

  const envelope = readEnvelope(body);
  if (envelope.outcome === 'malformed') return refuse(envelope.reason);
  const { message } = envelope;
  const sequence = Object.hasOwn(operations, message.name) ? operations[message.name] : undefined;
  if (sequence === undefined || message.namespace !== NAMESPACES[path]) {
    return refuse('The service has no such operation');
  }

  const read = readMessage(message, sequence);
  return read.outcome === 'read' ? { outcome: 'asked', asked: read.asked } : refuse(read.reason, message);
}

function notSoap(reply: ApiResponse): Decoded {
  return { outcome: 'refused', operation: 'unknown', type: null, reply, note: 'no SOAP request' };
}

/** A fault of the SOAP layer; it has no detail. */
function refused({ message, reason }: { message: XmlElement | null; reason: string }, prefixes: XmlPrefixes): Decoded {
  const operation = message === null ? 'unknown' : (OPERATIONS[message.name] ?? 'unknown');
  const type = message?.children.find(({ name }) => name === 'eventType')?.text ?? null;
  const reply = xml(500, renderFault({ text: reason, detail: null }, prefixes));
  return { outcome: 'refused', operation, type, reply, note: reason };
}

function fieldsOf(decision: OperationResult): SoapMessage['fields'] {
  if (decision.outcome !== 'read' || decision.uriTemplate === null) return [];
  return [['uriTemplate', decision.uriTemplate]];
}

function answerOf(path: string, name: string): Omit<SoapMessage, 'fields'> {
  return { namespace: NAMESPACES[path] ?? '', name };
}

function xml(status: number, body: string): ApiResponse {
  return { status, contentType: 'text/xml;charset=UTF-8', body };
}
