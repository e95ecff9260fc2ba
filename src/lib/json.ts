/**
 * Checks whether a text is JSON, renders one canonical text for all texts that differ only in key order and white space,
 * and finds what makes a text unsafe to embed. Numbers and strings keep their characters, so 1.0 is not 1 and nothing is
 * rounded. The code must have no recursion and no copies per level, because a body of 256 KiB may consist only of
 * brackets.
 */

const MAX_LEVELS = 64;
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},:]|[^\s"[\]{},:]+/g;

/** One open bracket: a list collects `text`, an object collects members. */
interface Level {
  text: string;
  /** Null in a list. */
  readonly members: Member[] | null;
  /** The key, as written, whose value comes next. */
  key: string | null;
}

interface Member {
  readonly key: string;
  readonly value: string;
}

/**
 * Returns the canonical text of a JSON text, or null if it is none: equal canonical texts mean equal JSON. Members are
 * sorted by their key as written. Two spellings of one key (`a`, `\u0061`) are two keys here. Never throws.
 */
export function canonicalJson(text: string): string | null {
  if (!isJson(text)) return null;

  const root: Level = { text: '', members: null, key: null };
  const open = [root];
  let level = root;
  for (const token of tokensOf(text)) {
    if (token === ',' || token === ':') continue;
    if (token === '[' || token === '{') {
      level = { text: '', members: token === '{' ? [] : null, key: null };
      open.push(level);
    } else if (token === ']' || token === '}') {
      const closed = closeLevel(level);
      open.pop();
      level = open.at(-1) ?? root;
      addValue(level, closed);
    } else if (level.members !== null && level.key === null) level.key = token;
    else addValue(level, token);
  }
  return root.text;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function tokensOf(json: string): readonly string[] {
  return json.match(TOKEN) ?? [];
}

function addValue(level: Level, value: string): void {
  if (level.members === null) {
    level.text += level.text.length === 0 ? value : `,${value}`;
  } else {
    level.members.push({ key: level.key ?? '', value });
    level.key = null;
  }
}

/**
 * Renders a closed level. It concatenates by `+`, because V8 then links the parts; a join would copy all inner text at
 * each level.
 */
function closeLevel(level: Level): string {
  if (level.members === null) return `[${level.text}]`;

  let text = '';
  for (const { key, value } of level.members.sort(byKey)) text += `${text.length === 0 ? '' : ','}${key}:${value}`;
  return `{${text}}`;
}

function byKey({ key: a }: Member, { key: b }: Member): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The keys of an open object, decoded, and whether the next string is one; null in a list. */
interface Keys {
  readonly seen: Set<string>;
  isNext: boolean;
}

/**
 * Returns the first reason why a text must not be embedded unchanged in another JSON document; null if it may. Never
 * throws.
 */
export function whyUnsafeJson(text: string): string | null {
  if (!isJson(text)) return 'not valid JSON';

  const open: (Keys | null)[] = [null];
  for (const token of tokensOf(text)) {
    const keys = open.at(-1) ?? null;
    if (token === '[' || token === '{') {
      open.push(token === '{' ? { seen: new Set(), isNext: true } : null);
      if (open.length - 1 > MAX_LEVELS) return `more than ${MAX_LEVELS} levels deep`;
    } else if (token === ']' || token === '}') {
      open.pop();
    } else if (token === ',' || token === ':') {
      if (keys !== null) keys.isNext = token === ',';
    } else if (token.startsWith('"')) {
      const reason = whyUnsafeString(token, keys);
      if (reason !== null) return reason;
    }
  }
  return null;
}

/** Returns the names of the members of a JSON object, in order and with repetitions; not those of what is in it. */
export function memberNames(json: string): string[] {
  const names: string[] = [];
  let level = 0;
  let isNameNext = false;
  for (const token of tokensOf(json)) {
    if (token === '[' || token === '{') {
      level += 1;
      isNameNext = level === 1;
    } else if (token === ']' || token === '}') level -= 1;
    else if (level !== 1) continue;
    else if (token === ',' || token === ':') isNameNext = token === ',';
    else if (isNameNext) names.push(JSON.parse(token));
  }
  return names;
}

/** Returns the reason why a key or another string is unsafe, or null. */
function whyUnsafeString(token: string, keys: Keys | null): string | null {
  const decoded: string = token.includes('\\') ? JSON.parse(token) : token.slice(1, -1);
  if (keys?.isNext === true) {
    if (keys.seen.has(decoded)) return 'duplicate key';
    keys.seen.add(decoded);
  }
  if (decoded.includes('\0')) return 'NUL escape';
  return decoded.isWellFormed() ? null : 'lone surrogate';
}
