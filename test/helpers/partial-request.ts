/** Sends callbacks in parts: the head first, the body later, in chunks or never. */
import * as http from 'node:http';
import type { TestContext } from 'node:test';
import type { RawResponse } from './callbacks.ts';

export interface PartialRequest {
  readonly response: Promise<RawResponse>;
  /** Resolves when the server has sent 100 Continue. */
  readonly continued: Promise<void>;
  /** Whether the server has sent 100 Continue so far. */
  isContinued(): boolean;
  /** Sends a part of the body, as a chunk of its own unless a length was announced. */
  write(part: string | Buffer): void;
  end(part?: string | Buffer): void;
  /** Closes the connection before the request is complete. */
  abort(): void;
}

/** Sends request line and headers of a POST, nothing else. The connection is closed after the test. */
export function openRequest(
  t: TestContext,
  { url, target, headers = {} }: { url: string; target: string; headers?: http.OutgoingHttpHeaders },
): PartialRequest {
  const { hostname, port } = new URL(url);
  const request = http.request({ hostname, port, path: target, method: 'POST', headers, agent: false });
  const continuation = Promise.withResolvers<void>();
  const responded = Promise.withResolvers<RawResponse>();
  // A test that closes the connection before the response does not wait for it.
  responded.promise.catch(() => undefined);
  let hasContinue = false;
  request.on('continue', () => {
    hasContinue = true;
    continuation.resolve();
  });
  request.on('error', responded.reject);
  request.on('response', (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', responded.reject);
    response.on('end', () => {
      const { statusCode = 0, statusMessage = '' } = response;
      const body = Buffer.concat(chunks).toString();
      responded.resolve({ status: statusCode, reason: statusMessage, headers: response.headers, body });
    });
  });
  request.flushHeaders();
  t.after(() => void request.destroy());
  return {
    response: responded.promise,
    continued: continuation.promise,
    isContinued: () => hasContinue,
    write: (part) => void request.write(part),
    end: (part) => void request.end(part),
    abort: () => void request.destroy(),
  };
}
