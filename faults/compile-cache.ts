/** A compile cache for receivers that are started often: code compiled by a process that stopped properly is reused. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from './lib/cleanup.ts';

/** Makes an empty cache, registers its clean-up, and returns the setting by which Node finds it. */
export async function makeCompileCache(cleanup: Cleanup): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'resurs-compiled-'));
  cleanup.push(() => rm(folder, { recursive: true, force: true }));
  return { NODE_COMPILE_CACHE: folder };
}
