/** The responses of the Merchant API in its own form. */
import { randomUUID } from 'node:crypto';
import type { ApiResponse } from '../protocol.ts';

/** A response with a body of JSON. */
export function json(status: number, body: object): ApiResponse {
  return { status, contentType: 'application/json', body: JSON.stringify(body) };
}

/** An error as Resurs describes one. */
export function mapiError(status: number, code: string, message: string): ApiResponse {
  return json(status, { traceId: randomUUID(), code, message, timestamp: new Date().toISOString() });
}

/** A request whose fields are wrong. */
export function invalidField(fieldName: string, message: string): ApiResponse {
  return json(400, { traceId: randomUUID(), validationErrors: [{ fieldName, message }] });
}
