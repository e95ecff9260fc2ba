/** Parses the responses on a connection from raw bytes, because a client library would hide violations. Pure. */

export interface RawResponse {
  readonly status: number;
  readonly reason: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Status line, headers and body as received. */
  readonly text: string;
}

export interface ResponseReader {
  /**
   * Adds bytes, as one character each; returns the responses that became complete. `isHead` describes the next
   * response.
   */
  push(bytes: string, isHead: () => boolean): RawResponse[];
  /** The received bytes that are no complete response yet. */
  rest(): string;
}

export function createResponseReader(): ResponseReader {
  let pending = '';
  return {
    rest: () => pending,
    push(bytes, isHead) {
      pending += bytes;
      const complete: RawResponse[] = [];
      for (let response = readOne(pending, isHead()); response !== null; response = readOne(pending, isHead())) {
        pending = pending.slice(response.text.length);
        // An interim response, such as 100 Continue, is not the response.
        if (response.status >= 200) complete.push(response);
      }
      return complete;
    },
  };
}

function readOne(text: string, isHead: boolean): RawResponse | null {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const [, status = '0', reason = ''] = /^HTTP\/1\.1 (\d{3}) ?(.*)$/.exec(first) ?? [];
  const headers = new Map(lines.map(pairOf));
  const from = end + 4;
  const hasNoBody = isHead || status === '204' || status === '304' || status.startsWith('1');
  const length = hasNoBody ? 0 : bodyLength(text, from, headers);
  if (length === null || text.length < from + length) return null;
  const body = text.slice(from, from + length);
  return { status: Number(status), reason, headers, body, text: text.slice(0, from + length) };
}

function pairOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

/** Returns the length of the body; null while the end of a chunked body is missing. */
function bodyLength(text: string, from: number, headers: ReadonlyMap<string, string>): number | null {
  if (headers.get('transfer-encoding') !== 'chunked') return Number(headers.get('content-length') ?? 0);
  const last = text.indexOf('0\r\n\r\n', from);
  return last === -1 ? null : last + 5 - from;
}

/** Names the outcome as in `HostileRequest.allowed`. */
export function outcomeOf({ status, headers }: RawResponse): string {
  return `${headers.has('x-callback-digest-code') ? 'callback' : 'plain'} ${status}`;
}

const ALIVE_STATUSES = new Set([202, 204, 406, 410]);
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Finds contradictions to docs/protocol.md in a response, whatever the request was. */
export function protocolViolations({ status, reason, headers, body, text }: RawResponse, isHead: boolean): string[] {
  const violations: string[] = [];
  if (status === 0) violations.push(`no HTTP response: ${JSON.stringify(text.slice(0, 80))}`);
  if (status >= 300 && status < 400 && status !== 304) violations.push(`a redirect: ${status}`);
  if (headers.has('location')) violations.push('a Location header');
  const code = headers.get('x-callback-digest-code');
  if (code === undefined) return violations;

  if (code !== String(status)) violations.push(`x-callback-digest-code ${code} with status ${status}`);
  if (headers.get('x-callback-reason') !== reason)
    violations.push(`x-callback-reason is not the reason phrase ${reason}`);
  if (headers.get('x-callback-alive-confirm') !== String(ALIVE_STATUSES.has(status)))
    violations.push('x-callback-alive-confirm');
  if (headers.get('cache-control') !== 'no-store') violations.push('cache-control');
  if (!UUID.test(headers.get('x-request-id') ?? '')) violations.push('x-request-id');
  if (!headers.has('x-callback-actual')) violations.push('x-callback-actual is missing');
  if (status !== 204 && !isHead && digestCodeOf(body) !== status) violations.push(`the body of a ${status}: ${body}`);
  return violations;
}

function digestCodeOf(body: string): unknown {
  try {
    return (JSON.parse(body) as { readonly digestCode?: unknown }).digestCode;
  } catch {
    return null;
  }
}
