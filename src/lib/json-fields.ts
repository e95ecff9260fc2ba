/** Reads single members of parsed JSON (exact-json.ts) whose shape is not known. */
import { JsonNumber } from './exact-json.ts';

/** True for an object of JSON, which a list or a number is not. */
export function isJsonObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

/** Returns a member of an object; undefined where there is none. */
export function field(value: unknown, name: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
}

/** Returns a text of an object; null where there is none, or an empty one. */
export function textField(value: unknown, name: string): string | null {
  const text = field(value, name);
  return typeof text === 'string' && text !== '' ? text : null;
}

/** Returns a text that the pattern matches; null for any other. */
export function matchingField(value: unknown, name: string, pattern: RegExp): string | null {
  const text = textField(value, name);
  return text !== null && pattern.test(text) && text.isWellFormed() ? text : null;
}

/** Returns a list of an object; empty where there is none. */
export function listField(value: unknown, name: string): readonly unknown[] {
  const list = field(value, name);
  return Array.isArray(list) ? list : [];
}
