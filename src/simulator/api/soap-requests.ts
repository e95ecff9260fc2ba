/**
 * Parses the messages of Resurs' services by Resurs' schema. Each is an xs:sequence, so an
 * element in the wrong position is a fault, as at Resurs. Refusals name elements and never repeat a value.
 */
import type { DigestRule } from '../../protocol/ecom/registration.ts';
import { parseAlgorithm } from './protocol.ts';
import type { ApiOperation, PaymentOperation } from './registry.ts';
import type { SequenceItem } from './sequence-item.ts';
import type { XmlElement } from './soap-reader.ts';
import { DIGEST, DIGEST_SEQUENCE } from './soap-schema.ts';

/** The operation of a message, or where it violates the schema. */
export type MessageResult =
  | { readonly outcome: 'read'; readonly operation: ApiOperation | PaymentOperation }
  | { readonly outcome: 'invalid'; readonly reason: string };

/** Never thrown out of this file. */
class Invalid extends Error {}

/** Parses a message of an operation whose sequence is given. */
export function parseMessage(message: XmlElement, sequence: readonly SequenceItem[]): MessageResult {
  try {
    return { outcome: 'read', operation: toOperation(message.name, matchSequence(message, sequence)) };
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    return { outcome: 'invalid', reason: error.message };
  }
}

/** The elements of a message by name, without those that are nil. */
type Elements = ReadonlyMap<string, readonly XmlElement[]>;

function toOperation(operation: string, found: Elements): ApiOperation | PaymentOperation {
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

function matchSequence({ name, children }: XmlElement, sequence: readonly SequenceItem[]): Elements {
  const found = new Map<string, readonly XmlElement[]>();
  let next = 0;
  for (const item of sequence) {
    const first = next;
    while (isAt(item, children[next])) next += 1;
    const matched = children.slice(first, next);
    if (matched.length < item.min) throw new Invalid(`${item.name} is missing in ${name}, or in the wrong position`);
    if (matched.length > item.max) throw new Invalid(`${item.name} occurs too often in ${name}`);
    if (matched.some(({ isNil }) => isNil) && item.isNillable !== true) throw new Invalid(`${item.name} cannot be nil`);
    found.set(
      item.name,
      matched.filter(({ isNil }) => !isNil),
    );
  }

  const stray = children[next];
  if (stray !== undefined) throw new Invalid(`${name} has an unexpected element: ${stray.name}`);
  return found;
}

function isAt({ name }: SequenceItem, element: XmlElement | undefined): boolean {
  return element?.name === name && element.namespace === null;
}

function textOf(found: Elements, name: string): string | null {
  return found.get(name)?.[0]?.text ?? null;
}
