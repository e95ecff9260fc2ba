/**
 * Removes the types of all TypeScript once and keeps the result in the compile cache of the run. A process that finds
 * every file there need not start the compiler, which costs as much as a small test.
 *
 * Nothing runs: whatever a file imports is replaced by a module that throws before the file's own code is reached.
 */
import { globSync } from 'node:fs';
import { flushCompileCache, registerHooks } from 'node:module';
import * as path from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = path.resolve(import.meta.dirname, '..', '..');

const own = globSync('{src,migrations,test,faults,demo}/**/*.ts', { cwd: ROOT });
const urls = own.map((file) => pathToFileURL(path.join(ROOT, file)).href).filter((url) => url !== import.meta.url);
registerHooks({
  resolve: (specifier, context, next) => {
    return context.parentURL === import.meta.url
      ? next(specifier, context)
      : { url: 'data:text/javascript,throw null', shortCircuit: true };
  },
});
await Promise.allSettled(urls.map((url) => import(url)));
flushCompileCache();
