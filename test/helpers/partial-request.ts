/** Callbacks that are not sent in one go: the head first, the body later, in pieces or never. */
import * as http from 'node:http';
import type { TestContext } from 'node:test';
import type { RawAnswer } from './callbacks.ts';

export interface Begun {
  readonly answer: Promise<RawAnswer>;
  /** Resolves when the server has asked for the body. */
  readonly invited: Promise<void>;
  /** Whether the server has asked for the body so far. */
  isInvited(): boolean;
  /** Sends a piece of the body, as a chunk of its own unless a length was announced. */
  write(piece: string | Buffer): void;
  end(piece?: string | Buffer): void;
  /** Hangs up. */
  hangUp(): void;
}

/** Sends request line and headers of a POST, nothing else. The connection is ended after the test. */
export function begin(
  t: TestContext,
  { url, target, headers = {} }: { url: string; target: string; headers?: http.OutgoingHttpHeaders },
): Begun {
  const { hostname, port } = new URL(url);
  const request = http.request({ hostname, port, path: target, method: 'POST', headers, agent: false });
  const invited = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<RawAnswer>();
  // Whoever hangs up before the answer does not wait for it.
  answered.promise.catch(() => undefined);
  let isInvited = false;
  request.on('continue', () => {
    isInvited = true;
    invited.resolve();
  });
  request.on('error', answered.reject);
  request.on('response', (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', answered.reject);
    response.on('end', () => {
      const { statusCode = 0, statusMessage = '' } = response;
      const body = Buffer.concat(chunks).toString();
      answered.resolve({ status: statusCode, reason: statusMessage, headers: response.headers, body });
    });
  });
  request.flushHeaders();
  t.after(() => void request.destroy());
  return {
    answer: answered.promise,
    invited: invited.promise,
    isInvited: () => isInvited,
    write: (piece) => void request.write(piece),
    end: (piece) => void request.end(piece),
    hangUp: () => void request.destroy(),
  };
}
