/**
 * The ES modules that the page takes from packages. They are served as they are, but for two things: their bare imports
 * become relative ones, because a browser knows no package names and an import map would need an inline script, which
 * the page's policy forbids; and the link to a source map that is not served is left out.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Folder of the modules below the page. */
const FOLDER = 'packages';

/** Bare import, its name below the page, the package, and the file in it. */
const MODULES = [
  ['preact', 'preact.js', 'preact', 'dist/preact.mjs'],
  ['preact/hooks', 'preact-hooks.js', 'preact', 'hooks/dist/hooks.mjs'],
  ['htm', 'htm.js', 'htm', 'dist/htm.module.js'],
] as const;

const BARE_IMPORT = /(\b(?:from|import)\s*)(["'])(preact\/hooks|preact|htm)\2/g;
const SOURCE_MAP = /\n?\/\/# sourceMappingURL=.*\s*$/;

/** Returns the modules: name below the page, such as `packages/preact.js`, and text. Throws if a package is missing. */
export function readPackageModules(): readonly (readonly [name: string, text: string])[] {
  return MODULES.map(([, name, packageName, file]) => {
    const text = readFileSync(join(folderOf(packageName), file), 'utf8').replace(SOURCE_MAP, '\n');
    return [`${FOLDER}/${name}`, withRelativeImports(text, `${FOLDER}/${name}`)];
  });
}

/** Replaces the bare imports of a module by relative ones. `name` is its own name below the page. */
export function withRelativeImports(text: string, name: string): string {
  const up = '../'.repeat(name.split('/').length - 1) || './';
  return text.replace(BARE_IMPORT, (_whole, keyword: string, quote: string, bare: string) => {
    const served = MODULES.find(([importedAs]) => importedAs === bare)?.[1] ?? '';
    return `${keyword}${quote}${up}${FOLDER}/${served}${quote}`;
  });
}

/** A package may not export its package.json, so its folder is found from the file that it does export. */
function folderOf(packageName: string): string {
  const entry = createRequire(import.meta.url).resolve(packageName);
  let folder = dirname(entry);
  while (!folder.endsWith(join('node_modules', packageName))) {
    if (folder === dirname(folder)) throw new Error(`${entry} is not in a folder of the package ${packageName}`);
    folder = dirname(folder);
  }
  return folder;
}
