/**
 * The responses that a receiver must give, as docs/protocol.md documents them. An independent copy on purpose: taken
 * from the receiver's own table, a wrong entry there would be expected here as well, and no simulation would find it.
 */

/** A status with its reason phrase. */
export interface ExpectedResponse {
  readonly status: number;
  readonly reason: string;
}

/** The responses that a simulated callback may be expected to get. */
export const EXPECTED = {
  stored: { status: 204, reason: 'OK' },
  test: { status: 204, reason: 'Test OK' },
  malformed: { status: 400, reason: 'Malformed callback.' },
  unauthorized: { status: 401, reason: 'Unauthorized.' },
  wrongDigest: { status: 406, reason: 'Digest rejected.' },
  notOurs: { status: 410, reason: 'Order is not ours.' },
  notOursButAccepted: { status: 202, reason: 'Order is not ours, but it is still accepted.' },
} as const satisfies Record<string, ExpectedResponse>;
