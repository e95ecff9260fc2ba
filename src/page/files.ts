/**
 * The files of the page, read once: a closed list in memory, so that no request can name a file outside it, and a change
 * on disk changes nothing before the next start.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { readPackageModules, withRelativeImports } from './packages.ts';

export interface PageFile {
  readonly contentType: string;
  readonly bytes: Buffer;
  /** In quotes, as the header has it. */
  readonly etag: string;
}

const CLIENT = join(import.meta.dirname, 'client');
const INDEX = 'index.html';

const CONTENT_TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
]);

/** Where the page's own modules are named, so that a browser fetches all of them at once. */
const PRELOADS = '<!-- modules -->';

/** Reads all files: by name below the page, such as `views/overview.js`. The page itself has the name ''. */
export function readPageFiles(): ReadonlyMap<string, PageFile> {
  const texts = new Map<string, string>(readPackageModules());
  for (const name of namesIn(CLIENT)) {
    texts.set(name, withRelativeImports(readFileSync(join(CLIENT, name), 'utf8'), name));
  }
  const modules = [...texts.keys()].filter((name) => name.endsWith('.js')).sort();
  const preloads = modules.map((name) => `<link rel="modulepreload" href="${name}">`).join('\n    ');
  const files = [...texts].map(([name, text]) => {
    return name === INDEX
      ? (['', pageFile(name, text.replace(PRELOADS, preloads))] as const)
      : ([name, pageFile(name, text)] as const);
  });
  return new Map(files);
}

/** Names with `/`, of the kinds of files that are served; others, such as those for the compiler, are left out. */
function namesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && CONTENT_TYPES.has(extname(entry.name)))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

function pageFile(name: string, text: string): PageFile {
  const bytes = Buffer.from(text);
  const contentType = CONTENT_TYPES.get(extname(name)) ?? 'application/octet-stream';
  return { contentType, bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url')}"` };
}
