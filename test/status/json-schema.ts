/**
 * A small validator of JSON against the schemas of an OpenAPI document: types, required and undeclared members, enums,
 * dates. An unknown keyword is an error, so that no promise of the document stays unchecked.
 */

export interface Schema {
  readonly type?: string | readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly description?: string;
}

const KEYWORDS = ['type', 'required', 'properties', 'additionalProperties', 'items', 'enum', 'format', 'description'];
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

/** Returns the differences between `value` and the schema, each with its path; empty if it is valid. */
export function schemaErrors(value: unknown, schema: Schema, path = '$'): string[] {
  const unknown = Object.keys(schema).filter((keyword) => !KEYWORDS.includes(keyword));
  if (unknown.length > 0) throw new Error(`${path}: the schema uses ${unknown.join()}`);

  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length > 0 && !types.some((type) => isOfType(value, type))) return [`${path} is not ${types.join(' or ')}`];
  if (schema.enum !== undefined && !schema.enum.includes(value)) return [`${path} is not one of ${schema.enum.join()}`];
  if (schema.format === 'date-time' && value !== null && !DATE_TIME.test(String(value)))
    return [`${path} is not a date-time`];
  if (Array.isArray(value)) return value.flatMap((item, n) => schemaErrors(item, schema.items ?? {}, `${path}[${n}]`));
  if (typeof value !== 'object' || value === null || types.length === 0) return [];
  return memberErrors(value, schema, path);
}

function memberErrors(value: object, schema: Schema, path: string): string[] {
  const missing = (schema.required ?? []).filter((name) => !Object.hasOwn(value, name));
  const members = Object.entries(value).flatMap(([name, member]) => {
    const declared = schema.properties?.[name] ?? schema.additionalProperties;
    return declared === undefined
      ? [`${path}.${name} is not declared`]
      : schemaErrors(member, declared, `${path}.${name}`);
  });
  return [...missing.map((name) => `${path}.${name} is missing`), ...members];
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
