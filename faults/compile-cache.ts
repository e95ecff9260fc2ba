/** Receivers are started again and again: what they compiled in a life that ended properly is kept for the next. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from './lib/cleanup.ts';

/** The setting by which Node finds it. */
export async function makeCompileCache(cleanup: Cleanup): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'resurs-compiled-'));
  cleanup.push(() => rm(folder, { recursive: true, force: true }));
  return { NODE_COMPILE_CACHE: folder };
}
