/**
 * Renders the types of an event for a shop: `docs/events/event.d.ts`. A generator from npm would turn a list of words that
 * may grow into plain `string`; here an editor still proposes the known ones, and code for an unknown one stays valid.
 */
import { PAYLOAD, type SchemaNode, typesOf, wordsOf } from './schema.ts';

const HEAD = `/**
 * The event that resurs-callback-receiver sends to a shop's webhook. Copy this file into the shop. It is generated from the
 * receiver's own schema: do not change it, take the new one. Later versions may add members and words: ignore those that
 * you do not know.
 */
`;
const WIDTH = 120;

/** Renders the file; types come in the order in which the event uses them. */
export function renderTypes(): string {
  const declarations = new Map<string, string>();
  declare(PAYLOAD, declarations);
  return [HEAD, ...declarations.values()].join('\n');
}

/** Adds the declaration of a node with a title, and of those it uses; each once. */
function declare(node: SchemaNode, declarations: Map<string, string>): void {
  const { title, properties, items, description = '' } = node;
  if (title !== undefined && !declarations.has(title)) {
    const body = properties === undefined ? wordType(title, node) : memberTypes(title, node);
    declarations.set(title, `${comment(description, '')}${body}`);
  }
  for (const child of [...Object.values(properties ?? {}), ...(items === undefined ? [] : [items])]) {
    declare(child, declarations);
  }
}

function wordType(title: string, node: SchemaNode): string {
  const words = wordsOf(node).map(([word, meaning]) => `${comment(meaning, '  ')}  | '${word}'\n`);
  return `export type ${title} =\n${words.join('')}  /** Another word: ignore what you do not know. */\n  | (string & {});\n`;
}

function memberTypes(title: string, { properties = {}, required = [] }: SchemaNode): string {
  const members = Object.entries(properties).map(([name, node]) => {
    const mark = required.includes(name) ? '' : '?';
    return `${comment(node.description ?? '', '  ')}  ${name}${mark}: ${typeOf(node)};\n`;
  });
  return `export interface ${title} {\n${members.join('')}}\n`;
}

function typeOf(node: SchemaNode): string {
  const types = typesOf(node);
  const [type] = types;
  const orNull = types.includes('null') ? ' | null' : '';
  if (node.title !== undefined) return `${node.title}${orNull}`;
  if (node.anyOf !== undefined) return node.anyOf.map(typeOf).join(' | ');
  if (type === 'array') return `${typeOf(node.items ?? {})}[]${orNull}`;
  if (typeof node.additionalProperties === 'object') return `Record<string, ${typeOf(node.additionalProperties)}>`;
  return `${type === 'integer' ? 'number' : (type ?? 'unknown')}${orNull}`;
}

/** A comment of one line where it fits, else of several. */
function comment(text: string, indent: string): string {
  const line = `${indent}/** ${text} */`;
  if (line.length <= WIDTH) return `${line}\n`;
  const lines = [`${indent}/**`];
  let current = `${indent} *`;
  for (const part of text.split(' ')) {
    if (`${current} ${part}`.length > WIDTH) {
      lines.push(current);
      current = `${indent} *`;
    }
    current += ` ${part}`;
  }
  return `${[...lines, current, `${indent} */`].join('\n')}\n`;
}
