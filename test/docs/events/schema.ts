/** The parts of JSON Schema that the schema of the payload uses, and the schema itself as a document. */
import { EventPayload } from '../../../src/deliveries/payload-schema.ts';
import { renderJson } from './render-json.ts';

export interface SchemaNode {
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly const?: string;
  readonly anyOf?: readonly SchemaNode[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly additionalProperties?: boolean | SchemaNode;
  readonly description?: string;
}

/** Names the schema and leads nowhere; the number is the major version of the event. */
const SCHEMA_ID = 'urn:resurs-callback-receiver:event:1';

/** The schema of the payload as plain JSON. */
export const PAYLOAD: SchemaNode = JSON.parse(JSON.stringify(EventPayload));

/** Renders event.schema.json. */
export function renderSchema(): string {
  const head = { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: SCHEMA_ID };
  return renderJson({ ...head, ...PAYLOAD });
}

export function typesOf({ type = [] }: SchemaNode): readonly string[] {
  return [type].flat();
}

/** The words that are known, with their meanings; empty where the node is no word. */
export function wordsOf({ anyOf = [] }: SchemaNode): readonly (readonly [word: string, meaning: string])[] {
  return anyOf.flatMap((node) => (node.const === undefined ? [] : [[node.const, node.description ?? ''] as const]));
}
