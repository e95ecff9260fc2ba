/**
 * JSON as written: tells whether a text is JSON, and gives one spelling for all texts that differ only in key order and
 * white space. Numbers and strings keep their characters, so 1.0 is not 1 and nothing is rounded. What to do with the
 * answer is left to the caller. The reader must stay free of recursion and of per-level copies: a body of 256 KiB may
 * consist of nothing but brackets.
 */

/** `problem` says why a JSON text must not be embedded in another document as it is; null when it may. */
export type JsonParse =
  | { outcome: 'json'; canonical: string; unsafeBecause: string | null }
  | { outcome: 'not_json'; unsafeBecause: string };

/** One open bracket: a list collects `text`, an object collects its members. */
interface Level {
  text: string;
  readonly object: Members | null;
}

/** `key` as written waits for its value; `keys` are the decoded ones. */
interface Members {
  readonly entries: [key: string, value: string][];
  readonly keys: Set<string>;
  key: string | null;
}

const MAX_LEVELS = 64;
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},:]|[^\s"[\]{},:]+/g;

/**
 * Equal canonical texts mean equal JSON. Members are sorted by their key as written; two spellings of one key (`a`,
 * `\u0061`) are two keys here but a duplicate for `problem`. Never throws, whatever the text.
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
      const fault = addScalar(level, token);
      unsafeBecause ??= fault;
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

/** Takes a key or a plain value into its level and answers what is wrong with it, or null. */
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

/** Builds by `+` on purpose: V8 then links the parts, where a join would copy all inner text again at each level. */
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
