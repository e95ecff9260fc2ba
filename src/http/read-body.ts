/**
 * Reads a callback's body byte for byte, whatever its content type. It is called only after the checks that need no
 * body, so that an unauthenticated client cannot make the process read one. A body that is too large or too slow ends
 * the read.
 */
import type { IncomingMessage } from 'node:http';

/** docs/protocol.md, Limits. */
export const BODY_LIMIT_BYTES = 256 * 1024;
/** docs/protocol.md, Limits: from the request's headers to the body's last byte. */
const BODY_TIMEOUT_MS = 10_000;

/** `body` is null if there is none or it has no bytes. `cut`: the client closed the connection. */
export type BodyResult =
  | { readonly outcome: 'read'; readonly body: Buffer | null }
  | { readonly outcome: 'too_large' | 'too_slow' | 'cut' };

/** True if the headers announce a body. */
export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/**
 * True if the client waits for 100 Continue before it sends the body. HTTP/1.0 has no such response: its clients would
 * take it for the final one.
 */
export function expectsContinue(request: IncomingMessage): boolean {
  const isHttp10 = request.httpVersionMajor === 1 && request.httpVersionMinor === 0;
  return !isHttp10 && hasBody(request) && /(?:^|\W)100-continue(?:$|\W)/i.test(request.headers.expect ?? '');
}

/** Reads the body. Never throws and leaves no timer behind. */
export async function readBody(request: IncomingMessage): Promise<BodyResult> {
  if (!hasBody(request)) return { outcome: 'read', body: null };
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT_BYTES) return { outcome: 'too_large' };

  const { promise, resolve } = Promise.withResolvers<BodyResult>();
  const chunks: Buffer[] = [];
  let length = 0;
  const onData = (chunk: Buffer) => {
    length += chunk.length;
    if (length > BODY_LIMIT_BYTES) resolve({ outcome: 'too_large' });
    else chunks.push(chunk);
  };
  const onEnd = () => resolve({ outcome: 'read', body: length === 0 ? null : Buffer.concat(chunks) });
  const onAbort = () => resolve({ outcome: 'cut' });
  const timer = setTimeout(() => resolve({ outcome: 'too_slow' }), BODY_TIMEOUT_MS);
  request.on('data', onData).on('end', onEnd).on('error', onAbort).on('close', onAbort);

  const result = await promise;
  clearTimeout(timer);
  request.off('data', onData).off('end', onEnd).off('close', onAbort);
  // The error listener stays, because a client that disconnects later must not cause an unhandled error. The rest of
  // the body is discarded.
  request.resume();
  return result;
}
