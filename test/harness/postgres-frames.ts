/** Messages of Postgres' protocol, as far as a pooler has to know them: their length, their type, and how some are made. */

/** A message: its type, empty before a connection is accepted, and all of its bytes. */
export interface Frame {
  readonly type: string;
  readonly bytes: Buffer;
}

export const SSL_REQUEST = 80_877_103;
export const CANCEL_REQUEST = 80_877_102;
const PROTOCOL_3 = 196_608;

/** Cuts a stream into messages. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);
  /** The first messages of a client have no type. */
  isTyped: boolean;

  constructor(isTyped: boolean) {
    this.isTyped = isTyped;
  }

  add(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
  }

  /** Returns the next complete message, or null. */
  next(): Frame | null {
    const typeLength = this.isTyped ? 1 : 0;
    if (this.#rest.length < typeLength + 4) return null;
    const length = typeLength + this.#rest.readInt32BE(typeLength);
    if (this.#rest.length < length) return null;
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return { type: this.isTyped ? String.fromCharCode(bytes[0] ?? 0) : '', bytes };
  }
}

/** Makes a message with a type. */
export function typed(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

export function int32(...values: number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) buffer.writeInt32BE(value | 0, 4 * index);
  return buffer;
}

/** Reads the parameters of a startup message. */
export function readStartup(bytes: Buffer): Map<string, string> {
  const words = bytes.subarray(8).toString().split('\0');
  const parameters = new Map<string, string>();
  for (let index = 0; index + 1 < words.length && words[index] !== ''; index += 2) {
    parameters.set(words[index] ?? '', words[index + 1] ?? '');
  }
  return parameters;
}

/** Makes a startup message. */
export function startup(parameters: ReadonlyMap<string, string>): Buffer {
  const words = [...parameters].flat().map((word) => `${word}\0`);
  const body = Buffer.concat([int32(PROTOCOL_3), Buffer.from(`${words.join('')}\0`)]);
  return Buffer.concat([int32(body.length + 4), body]);
}

/** The messages with which a pooler accepts a client under a key of its own. */
export function accepted(pid: number, secret: number): Buffer {
  const parameters = ['server_version\x0016.0\0', 'client_encoding\0UTF8\0', 'standard_conforming_strings\0on\0'];
  return Buffer.concat([
    typed('R', int32(0)),
    ...parameters.map((text) => typed('S', Buffer.from(text))),
    typed('K', int32(pid, secret)),
    typed('Z', Buffer.from('I')),
  ]);
}

/** The message with which a pooler refuses a client. */
export function refused(sqlState: string, message: string): Buffer {
  return typed('E', Buffer.from(`SFATAL\0VFATAL\0C${sqlState}\0M${message}\0\0`));
}
