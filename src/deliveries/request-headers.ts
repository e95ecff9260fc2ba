/** The headers of the merchant's request: docs/delivery.md. */

export interface RequestHeaders {
  /** The event's public id. */
  readonly id: string;
  /** In seconds, of this attempt. */
  readonly timestamp: number;
  readonly signature: string;
  /** 1, 2, …; it continues over replays. */
  readonly attempt: number;
  readonly userAgent: string;
  readonly authorization: string | null;
}

/** Renders the headers. The HTTP client adds those of the connection. */
export function renderHeaders(headers: RequestHeaders): Record<string, string> {
  const { id, timestamp, signature, attempt, userAgent, authorization } = headers;
  return {
    'content-type': 'application/json',
    'user-agent': userAgent,
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signature,
    'webhook-attempt': String(attempt),
    ...(authorization === null ? {} : { authorization }),
  };
}

/** Returns who sends it. */
export function userAgentOf(version: string): string {
  return `resurs-callback-receiver/${version}`;
}
