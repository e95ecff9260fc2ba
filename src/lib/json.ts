/**
 * Checks whether a text is JSON, and renders one canonical text for all texts that differ only in key order and white
 * space. Numbers and strings keep their characters, so 1.0 is not 1 and nothing is rounded. The code must have no
 * recursion and no copies per level, because a body of 256 KiB may consist only of brackets.
 */

/** `unsafeBecause` is the reason why a JSON text must not be embedded unchanged in another document; null if it may. */
export type JsonParse =
  | { outcome: 'json'; canonical: string; unsafeBecause: string | null }
  | { outcome: 'not_json'; unsafeBecause: string };

/** One open bracket: a list collects `text`, an object collects members. */
interface Level {
  text: string;
  readonly object: Members | null;
}

/** `key` is the key, as written, whose value comes next; `keys` are the decoded keys. */
interface Members {
  readonly entries: [key: string, value: string][];
  readonly keys: Set<string>;
  key: string | null;
}

const MAX_LEVELS = 64;
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},:]|[^\s"[\]{},:]+/g;

/**
 * Returns the canonical text of a JSON text: equal canonical texts mean equal JSON. Members are sorted by their key as
 * written. Two spellings of one key (`a`, `\u0061`) are two keys here, but a duplicate for `unsafeBecause`. Never
 * throws.
 */
export function canonicalizeJson(text: string): JsonParse {
  if (!isJson(text)) return { outcome: 'not_json', unsafeBecause: 'not valid JSON' };

  const root: Level = { text: '', object: null };
  const open = [root];
  let unsafeBecause: string | null = null;
  for (const token of text.match(TOKEN) ?? []) {
    const level = open.at(-1) ?? root;
    if (token === ',' || token === ':') continue;
    if (token === '[' || token === '{') {
      open.push({ text: '', object: token === '{' ? { entries: [], keys: new Set(), key: null } : null });
      if (open.length - 1 > MAX_LEVELS) unsafeBecause ??= `more than ${MAX_LEVELS} levels deep`;
    } else if (token === ']' || token === '}') {
      open.pop();
      addValue(open.at(-1) ?? root, closeLevel(level));
    } else {
      const reason = addScalar(level, token);
      unsafeBecause ??= reason;
    }
  }

  return { outcome: 'json', canonical: root.text, unsafeBecause };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Adds a key or a plain value to its level. Returns the reason why it is unsafe, or null. */
function addScalar(level: Level, token: string): string | null {
  if (!token.startsWith('"')) {
    addValue(level, token);
    return null;
  }

  const decoded: string = token.includes('\\') ? JSON.parse(token) : token.slice(1, -1);
  const { object } = level;
  if (object === null || object.key !== null) {
    addValue(level, token);
  } else {
    object.key = token;
    if (object.keys.has(decoded)) return 'duplicate key';
    object.keys.add(decoded);
  }

  if (decoded.includes('\0')) return 'NUL escape';
  return decoded.isWellFormed() ? null : 'lone surrogate';
}

function addValue(level: Level, value: string): void {
  if (level.object === null) {
    level.text += level.text.length === 0 ? value : `,${value}`;
  } else {
    level.object.entries.push([level.object.key ?? '', value]);
    level.object.key = null;
  }
}

/**
 * Renders a closed level. It concatenates by `+`, because V8 then links the parts; a join would copy all inner text at
 * each level.
 */
function closeLevel(level: Level): string {
  if (level.object === null) return `[${level.text}]`;

  let text = '';
  for (const [key, value] of level.object.entries.sort(byKey)) text += `${text.length === 0 ? '' : ','}${key}:${value}`;
  return `{${text}}`;
}

function byKey([a]: [string, string], [b]: [string, string]): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
