/**
 * Parses the messages of Resurs' services by Resurs' schema. Each is an xs:sequence, so an
 * element in the wrong position is a fault, as at Resurs. Refusals name elements and never repeat a value.
 */
import type { DigestRule } from '../../protocol/ecom/registration.ts';
import { Invalid } from './invalid.ts';
import { parseAlgorithm } from './protocol.ts';
import type { EcomOperation } from './registry.ts';
import type { SequenceItem } from './sequence-item.ts';
import { type Elements, matchSequence, textOf } from './soap-elements.ts';
import type { XmlElement } from './soap-reader.ts';
import { DIGEST, DIGEST_SEQUENCE } from './soap-schema.ts';
import { searchOf } from './soap-search.ts';

/** The operation of a message, or where it violates the schema. */
export type MessageResult =
  | { readonly outcome: 'read'; readonly operation: EcomOperation }
  | { readonly outcome: 'invalid'; readonly reason: string };

/** Parses a message of an operation whose sequence is given. */
export function parseMessage(message: XmlElement, sequence: readonly SequenceItem[]): MessageResult {
  try {
    return { outcome: 'read', operation: toOperation(message.name, matchSequence(message, sequence)) };
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    return { outcome: 'invalid', reason: error.message };
  }
}

function toOperation(operation: string, found: Elements): EcomOperation {
  const type = textOf(found, 'eventType') ?? '';
  switch (operation) {
    case 'registerEventCallback':
      return { name: 'register', type, registration: registrationOf(found) };
    case 'unregisterEventCallback':
      return { name: 'unregister', type };
    case 'getRegisteredEventCallback':
      return { name: 'read', type };
    case 'getPayment':
      return { name: 'payment', paymentId: textOf(found, 'paymentId') ?? '' };
    case 'findPayments':
      return searchOf(found);
    default:
      return { name: 'trigger', type, params: (found.get('param') ?? []).map(({ text }) => text) };
  }
}

function registrationOf(found: Elements) {
  const uriTemplate = textOf(found, 'uriTemplate') ?? '';
  if (uriTemplate === '') throw new Invalid('uriTemplate is empty');

  const username = textOf(found, 'basicAuthUserName');
  const basic = username === null ? null : { username, password: textOf(found, 'basicAuthPassword') ?? '' };
  const digest = found.get(DIGEST)?.[0];
  return { uriTemplate, basic, digest: digest === undefined ? null : digestOf(digest) };
}

function digestOf(element: XmlElement): DigestRule {
  const found = matchSequence(element, DIGEST_SEQUENCE);
  const algorithm = parseAlgorithm(textOf(found, 'digestAlgorithm'));
  if (algorithm === null) throw new Invalid('digestAlgorithm is neither MD5 nor SHA1');
  const parameters = (found.get('digestParameters') ?? []).map(({ text }) => text);
  return { algorithm, parameters, salt: textOf(found, 'digestSalt') ?? '' };
}
