/** Reads answers off a connection, as many as come: raw, because a client library would hide what is wrong. Pure. */

export interface Seen {
  readonly status: number;
  readonly reason: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Status line, headers and body as they came. */
  readonly text: string;
}

export interface AnswerReader {
  /** Adds bytes, as one character each; returns what became whole. `isHead` tells of the next answer. */
  push(bytes: string, isHead: () => boolean): Seen[];
  /** What came and is no whole answer. */
  rest(): string;
}

export function createAnswerReader(): AnswerReader {
  let pending = '';
  return {
    rest: () => pending,
    push(bytes, isHead) {
      pending += bytes;
      const whole: Seen[] = [];
      for (let seen = readOne(pending, isHead()); seen !== null; seen = readOne(pending, isHead())) {
        pending = pending.slice(seen.text.length);
        // An invitation to send the body is no answer.
        if (seen.status >= 200) whole.push(seen);
      }
      return whole;
    },
  };
}

function readOne(text: string, isHead: boolean): Seen | null {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const [, status = '0', reason = ''] = /^HTTP\/1\.1 (\d{3}) ?(.*)$/.exec(first) ?? [];
  const headers = new Map(lines.map(pairOf));
  const from = end + 4;
  const hasNoBody = isHead || status === '204' || status.startsWith('1');
  const length = hasNoBody ? 0 : bodyLength(text, from, headers);
  if (length === null || text.length < from + length) return null;
  const body = text.slice(from, from + length);
  return { status: Number(status), reason, headers, body, text: text.slice(0, from + length) };
}

function pairOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

/** Null while the end of a chunked body has not come. */
function bodyLength(text: string, from: number, headers: ReadonlyMap<string, string>): number | null {
  if (headers.get('transfer-encoding') !== 'chunked') return Number(headers.get('content-length') ?? 0);
  const last = text.indexOf('0\r\n\r\n', from);
  return last === -1 ? null : last + 5 - from;
}

/** As in the table of kinds. */
export function outcomeOf({ status, headers }: Seen): string {
  return `${headers.has('x-callback-digest-code') ? 'callback' : 'plain'} ${status}`;
}

const ALIVE = new Set([202, 204, 406, 410]);
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What contradicts docs/protocol.md in an answer, whatever it answers. */
export function contradictionsOf({ status, reason, headers, body, text }: Seen, isHead: boolean): string[] {
  const faults: string[] = [];
  if (status === 0) faults.push(`no HTTP answer: ${JSON.stringify(text.slice(0, 80))}`);
  if (status >= 300 && status < 400) faults.push(`a redirect: ${status}`);
  if (headers.has('location')) faults.push('a Location header');
  const code = headers.get('x-callback-digest-code');
  if (code === undefined) return faults;

  if (code !== String(status)) faults.push(`x-callback-digest-code ${code} with status ${status}`);
  if (headers.get('x-callback-reason') !== reason) faults.push(`x-callback-reason is not the reason phrase ${reason}`);
  if (headers.get('x-callback-alive-confirm') !== String(ALIVE.has(status))) faults.push('x-callback-alive-confirm');
  if (headers.get('cache-control') !== 'no-store') faults.push('cache-control');
  if (!UUID.test(headers.get('x-request-id') ?? '')) faults.push('x-request-id');
  if (!headers.has('x-callback-actual')) faults.push('x-callback-actual is missing');
  if (status !== 204 && !isHead && digestCodeOf(body) !== status) faults.push(`the body of a ${status}: ${body}`);
  return faults;
}

function digestCodeOf(body: string): unknown {
  try {
    return (JSON.parse(body) as { readonly digestCode?: unknown }).digestCode;
  } catch {
    return null;
  }
}
