/**
 * Node's heap for this program. Node sizes its heap by the machine; these flags leave most of its memory to others
 * (docs/performance.md, Memory). V8 reads two of them only while it starts, so a program that was started without them
 * has to start again: `v8.setFlagsFromString` changes nothing there.
 */

export const HEAP_FLAGS = ['--max-semi-space-size=8', '--heap-growing-percent=50', '--initial-old-space-size=32'];

/**
 * Returns Node's flags with those of the heap, or null when they are there already. `options` are those of NODE_OPTIONS.
 * A flag that an operator has given, in either place, stays as given.
 */
export function withHeapFlags(flags: readonly string[], options = ''): string[] | null {
  const nameOf = (flag: string) => flag.split('=')[0];
  const given = new Set([...flags, ...options.split(/\s+/)].map(nameOf));
  const missing = HEAP_FLAGS.filter((flag) => !given.has(nameOf(flag)));
  return missing.length === 0 ? null : [...missing, ...flags];
}
