/**
 * Log lines on their way to an output, without I/O. Lines that do not fit, and lines that the output refused, are
 * dropped and counted; the next bytes then begin with a line that reports how many.
 */

export interface LogBuffer {
  /** Takes a whole line, with its end; false if it is dropped because too much is buffered. */
  add(line: string): boolean;
  /** Returns the length of what is not written yet, in characters or bytes; 0 when there is nothing to write. */
  length(): number;
  /** Returns the bytes to write next; null when there are none. */
  next(): Buffer | null;
  /** Records that the first `count` bytes of `next` are written. */
  advance(count: number): void;
  /** Drops what `next` returned last. A line that was written in part is lost as well. */
  abandon(): void;
  /** Number of lines that were dropped since the start. */
  dropped(): number;
}

/** Bytes that are taken from the buffered lines, until all of them are written or dropped. */
interface Chunk {
  readonly bytes: Buffer;
  written: number;
  /** The report is at the start of the chunk. */
  readonly reportLength: number;
  readonly reported: number;
}

const LINE_END = 10;

/** Creates a buffer. `report` returns the line, with its end, that says how many lines were dropped. */
export function createLogBuffer(maxLength: number, report: (dropped: number) => string): LogBuffer {
  let lines = '';
  let chunk: Chunk | null = null;
  /** The last line in the output has no end. */
  let isTorn = false;
  let dropped = 0;
  let unreported = 0;

  function drop(count: number): void {
    dropped += count;
    unreported += count;
  }

  function takeChunk(): Chunk | null {
    if (lines === '' && unreported === 0) return null;
    const head = `${isTorn ? '\n' : ''}${unreported === 0 ? '' : report(unreported)}`;
    const bytes = Buffer.from(head + lines);
    lines = '';
    return { bytes, written: 0, reportLength: Buffer.byteLength(head), reported: unreported };
  }

  return {
    add(line) {
      const fits = lines.length + line.length <= maxLength;
      if (fits) lines += line;
      else drop(1);
      return fits;
    },
    length() {
      const rest = chunk === null ? 0 : chunk.bytes.length - chunk.written;
      return rest + lines.length + (unreported > 0 ? 1 : 0);
    },
    next() {
      chunk ??= takeChunk();
      return chunk === null ? null : chunk.bytes.subarray(chunk.written);
    },
    advance(count) {
      if (chunk === null || count === 0) return;
      const { written, bytes, reportLength, reported } = chunk;
      chunk.written += count;
      isTorn = bytes[chunk.written - 1] !== LINE_END;
      if (written < reportLength && chunk.written >= reportLength) unreported -= reported;
      if (chunk.written === bytes.length) chunk = null;
    },
    abandon() {
      if (chunk === null) return;
      drop(countLines(chunk.bytes.subarray(Math.max(chunk.written, chunk.reportLength))));
      chunk = null;
    },
    dropped: () => dropped,
  };
}

function countLines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_END); at !== -1; at = bytes.indexOf(LINE_END, at + 1)) count += 1;
  return count;
}
