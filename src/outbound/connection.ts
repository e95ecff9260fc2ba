/**
 * Watches one HTTP/1.1 connection of undici, for two things that undici does not offer. An interim response (1xx) is
 * passed over, whatever its number: undici itself breaks the connection at a 100 that it did not ask for, and at a 101.
 * And a failure is marked as that of a stale connection if the connection had worked before, and no byte of a response
 * was held back here: a request whose response had not begun learns nothing about the server from it.
 *
 * It knows one request at a time, so pipelining must be 1 or 0.
 */
import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';
import { errorCode } from '../lib/errors.ts';

/** Far more than any head; what is longer goes to undici, which refuses it. */
const MAX_HEAD_BYTES = 65_536;
/** `HTTP/1.1 1`: the status begins at the last of these bytes. */
const STATUS_AT = 9;
const INTERIM = /^HTTP\/1\.[01] 1\d\d/;
const END_OF_HEAD = /\r?\n\r?\n/;

const staleErrors = new WeakSet<Error>();

/** Whether the error is that of a stale connection. A request whose response has begun must not be repeated for it. */
export function isStaleConnection(error: unknown): boolean {
  return error instanceof Error && staleErrors.has(error);
}

/** Returns a connector whose connections are watched. */
export function watched(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      // On an error, undici gives no second argument, whatever its types say.
      if (error !== null) return callback(error, null);
      watch(socket);
      return callback(null, socket);
    });
}

function watch(socket: Socket): void {
  const read = socket.read.bind(socket);
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let responses = 0;
  let isAwaiting = false;
  /** Bytes of the awaited response that are not yet passed on; null before the first one. */
  let held: Buffer | null = null;

  function passOn(chunk: Buffer): Buffer | null {
    held = held === null ? chunk : Buffer.concat([held, chunk]);
    const rest = withoutInterim(held);
    if (rest.outcome === 'undecided') {
      held = rest.bytes;
      return null;
    }
    isAwaiting = false;
    responses += 1;
    return rest.bytes;
  }

  socket.read = (size?: number) => {
    const chunk: Buffer | null = read(size);
    return chunk === null || !isAwaiting ? chunk : passOn(chunk);
  };
  socket.write = ((...args: unknown[]) => {
    if (!isAwaiting) held = null;
    isAwaiting = true;
    return write(...args);
  }) as Socket['write'];
  // Before undici's own listener, so that the error is marked when the request gets it.
  socket.on('error', (error) => {
    const hasBegun = isAwaiting && held !== null;
    if (responses > 0 && !hasBegun && isOfConnection(error)) staleErrors.add(error);
  });
}

/** Not those that undici raises by itself, such as a timeout. */
function isOfConnection(error: Error): boolean {
  const code = errorCode(error) ?? '';
  return code === 'UND_ERR_SOCKET' || !code.startsWith('UND_ERR_');
}

/** `undecided`: more has to arrive; `bytes` are those to keep until then. */
type Rest = { readonly outcome: 'final' | 'undecided'; readonly bytes: Buffer };

/** Takes whole interim responses off the start. */
function withoutInterim(received: Buffer): Rest {
  let bytes = received;
  for (;;) {
    if (bytes.length <= STATUS_AT) return { outcome: 'undecided', bytes };
    if (bytes[STATUS_AT] !== 0x31) return { outcome: 'final', bytes };
    const text = bytes.toString('latin1', 0, MAX_HEAD_BYTES);
    if (!INTERIM.test(text) && text.length >= 'HTTP/1.1 100'.length) return { outcome: 'final', bytes };
    const end = END_OF_HEAD.exec(text);
    if (end === null) return { outcome: text.length < MAX_HEAD_BYTES ? 'undecided' : 'final', bytes };
    bytes = bytes.subarray(end.index + end[0].length);
  }
}
