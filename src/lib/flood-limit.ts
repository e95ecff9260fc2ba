/**
 * Limits the log lines that strangers can cause: a few of each kind in a few seconds are written, the rest is counted,
 * so that a stranger cannot fill the disk.
 */

export interface FloodLimit<Kind extends string> {
  /** Counts one more of this kind; true if it gets a line of its own. */
  hasLine(kind: Kind): boolean;
  /** Reports those that had no line, if there are any. */
  flush(): void;
}

/** Of each kind, so that a flood of one does not hide the first lines of another. */
const LINES_PER_INTERVAL = 20;
const INTERVAL_MS = 5_000;

/** Creates a limit. `report` gets the number of those without a line, by kind, at the end of each interval. */
export function createFloodLimit<Kind extends string>(
  report: (counts: Readonly<Record<string, number>>) => void,
): FloodLimit<Kind> {
  const counts = new Map<Kind, number>();
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const withoutLine = [...counts]
      .filter(([, count]) => count > LINES_PER_INTERVAL)
      .map(([kind, count]) => [kind, count - LINES_PER_INTERVAL] as const);
    counts.clear();
    if (withoutLine.length > 0) report(Object.fromEntries(withoutLine));
  }

  return {
    hasLine(kind) {
      timer ??= setTimeout(flush, INTERVAL_MS).unref();
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      return count <= LINES_PER_INTERVAL;
    },
    flush,
  };
}
