/** How the image starts the receiver. A process that is measured runs as operators run it. */
import { HEAP_FLAGS } from '../../src/lib/heap.ts';

/** Settings of malloc, as in the image's ENV. */
export const IMAGE_ENV = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '4194304' } as const;

/** Returns Node's flags, which serve otherwise gives itself by starting Node again. */
export async function imageNodeFlags(): Promise<string[]> {
  return [...HEAP_FLAGS];
}
