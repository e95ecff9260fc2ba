/**
 * The messages of ConfigurationService and DeveloperWebService, read by Resurs' schema: an xs:sequence each, so that an
 * element in the wrong place is a fault, as it is there. Refusals name elements and never repeat a value.
 */
import type { DigestRule } from '../../protocol/ecom/registration.ts';
import { parseAlgorithm } from './protocol.ts';
import type { ApiOperation } from './registry.ts';
import type { XmlElement } from './soap-reader.ts';

/** The namespaces of the messages, by service. */
export const NAMESPACES: Readonly<Record<string, string>> = {
  '/ConfigurationService': 'http://ecommerce.resurs.com/v4/msg/configuration',
  '/DeveloperWebService': 'http://ecommerce.resurs.com/v4/msg/developer',
};

/** How often an element of a sequence may come. */
interface SequenceItem {
  readonly name: string;
  readonly least: 0 | 1;
  readonly most: number;
  /** May say `xsi:nil` instead of having content. */
  readonly isNillable?: boolean;
}

const TYPE: SequenceItem = { name: 'eventType', least: 1, most: 1 };
const DIGEST = 'digestConfiguration';

/** The operations of each service. */
export const SEQUENCES: Readonly<Record<string, Readonly<Record<string, readonly SequenceItem[]>>>> = {
  '/ConfigurationService': {
    registerEventCallback: [
      TYPE,
      { name: 'uriTemplate', least: 1, most: 1 },
      { name: 'basicAuthUserName', least: 0, most: 1, isNillable: true },
      { name: 'basicAuthPassword', least: 0, most: 1, isNillable: true },
      { name: DIGEST, least: 0, most: 1, isNillable: true },
    ],
    unregisterEventCallback: [TYPE],
    getRegisteredEventCallback: [TYPE],
  },
  '/DeveloperWebService': {
    triggerEvent: [TYPE, { name: 'param', least: 0, most: Number.POSITIVE_INFINITY }],
  },
};

const DIGEST_SEQUENCE: readonly SequenceItem[] = [
  { name: 'digestAlgorithm', least: 1, most: 1 },
  { name: 'digestParameters', least: 1, most: Number.POSITIVE_INFINITY },
  { name: 'digestSalt', least: 0, most: 1, isNillable: true },
];

/** What a message asks, or where it breaks the schema. */
export type ReadMessage =
  | { readonly outcome: 'read'; readonly asked: ApiOperation }
  | { readonly outcome: 'invalid'; readonly reason: string };

/** Thrown inside this file alone. */
class Invalid extends Error {}

/** Reads a message of an operation whose sequence is given. */
export function readMessage(message: XmlElement, sequence: readonly SequenceItem[]): ReadMessage {
  try {
    return { outcome: 'read', asked: toOperation(message.name, matchSequence(message, sequence)) };
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    return { outcome: 'invalid', reason: error.message };
  }
}

/** The elements at each place; what is nil is not there. */
type Found = ReadonlyMap<string, readonly XmlElement[]>;

function toOperation(operation: string, found: Found): ApiOperation {
  const type = textOf(found, 'eventType') ?? '';
  switch (operation) {
    case 'registerEventCallback':
      return { operation: 'register', type, registration: registrationOf(found) };
    case 'unregisterEventCallback':
      return { operation: 'unregister', type };
    case 'getRegisteredEventCallback':
      return { operation: 'read', type };
    default:
      return { operation: 'trigger', type, params: (found.get('param') ?? []).map(({ text }) => text) };
  }
}

function registrationOf(found: Found) {
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

function matchSequence({ name, children }: XmlElement, sequence: readonly SequenceItem[]): Found {
  const found = new Map<string, readonly XmlElement[]>();
  let next = 0;
  for (const place of sequence) {
    const first = next;
    while (isAt(place, children[next])) next += 1;
    const here = children.slice(first, next);
    if (here.length < place.least) throw new Invalid(`${place.name} is missing in ${name}, or not in its place`);
    if (here.length > place.most) throw new Invalid(`${place.name} comes too often in ${name}`);
    if (here.some(({ isNil }) => isNil) && place.isNillable !== true) throw new Invalid(`${place.name} cannot be nil`);
    found.set(
      place.name,
      here.filter(({ isNil }) => !isNil),
    );
  }

  const stray = children[next];
  if (stray !== undefined) throw new Invalid(`${name} has an element that does not belong there: ${stray.name}`);
  return found;
}

function isAt({ name }: SequenceItem, element: XmlElement | undefined): boolean {
  return element?.name === name && element.namespace === null;
}

function textOf(found: Found, name: string): string | null {
  return found.get(name)?.[0]?.text ?? null;
}
