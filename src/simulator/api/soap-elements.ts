/** Matches the elements of a message with its sequence. Refusals name elements and never repeat a value. */
import { Invalid } from './invalid.ts';
import type { SequenceItem } from './sequence-item.ts';
import type { XmlElement } from './soap-reader.ts';

/** The elements of a message by name, without those that are nil. */
export type Elements = ReadonlyMap<string, readonly XmlElement[]>;

/** Throws Invalid where the message violates the sequence. */
export function matchSequence({ name, children }: XmlElement, sequence: readonly SequenceItem[]): Elements {
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

/** Returns the text of the first element with this name; null where there is none. */
export function textOf(found: Elements, name: string): string | null {
  return found.get(name)?.[0]?.text ?? null;
}
