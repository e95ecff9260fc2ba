/** Renders the generated parts of `docs/events/README.md`: the table of fields and the tables of words. */
import { UNIT_MARK } from '../../../src/deliveries/payload-schema.ts';
import { PAYLOAD, type SchemaNode, typesOf, wordsOf } from './schema.ts';

/** The parts by the name that their marks in the page carry. */
export const TABLES: Readonly<Record<string, () => string>> = { fields: renderFields, words: renderWords };

interface Field {
  readonly path: string;
  readonly node: SchemaNode;
  readonly isOptional: boolean;
}

function renderFields(): string {
  const rows = fieldsOf(PAYLOAD, '').map(({ path, node, isOptional }) => {
    const [meaning = '', unit = ''] = (node.description ?? '').split(UNIT_MARK);
    const missing = [...(canBeNull(node) ? ['null'] : []), ...(isOptional ? ['absent'] : [])];
    return row([`\`${path}\``, typeName(node), missing.join(', '), unit.replace(/\.$/, ''), meaning]);
  });
  return [row(['field', 'type', 'may be', 'unit', 'meaning']), '|---|---|---|---|---|', ...rows].join('\n');
}

/** All fields in the order of the payload, each by its path. */
function fieldsOf({ properties = {}, required = [] }: SchemaNode, parent: string): readonly Field[] {
  return Object.entries(properties).flatMap(([name, node]) => {
    const path = `${parent}${name}`;
    return [{ path, node, isOptional: !required.includes(name) }, ...fieldsOf(node, `${path}.`)];
  });
}

function typeName(node: SchemaNode): string {
  const [type = 'any JSON'] = typesOf(node);
  if (wordsOf(node).length > 0) return 'word';
  if (type === 'array') return `list of ${typeName(node.items ?? {})}s`;
  return typeof node.additionalProperties === 'object' ? 'object of strings, or of lists of strings' : type;
}

/** A node that names no type allows every JSON value. */
function canBeNull(node: SchemaNode): boolean {
  const types = typesOf(node);
  return types.length === 0 || types.includes('null');
}

function renderWords(): string {
  const fields = fieldsOf(PAYLOAD, '').map(({ path, node }) => ({ path, words: wordsOf(node.items ?? node) }));
  return fields
    .filter(({ words }) => words.length > 0)
    .map(({ path, words }) =>
      [
        row([`\`${path}\``, 'meaning']),
        '|---|---|',
        ...words.map(([word, meaning]) => row([`\`${word}\``, meaning])),
      ].join('\n'),
    )
    .join('\n\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`.replaceAll(/ {2,}/g, ' ');
}
