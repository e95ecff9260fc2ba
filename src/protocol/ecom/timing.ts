/** How long Resurs waits as a caller. */

/**
 * Time for one whole callback request, from connect to the last byte; five seconds since 2019. Source:
 * docs/protocol.md.
 */
export const RESURS_TIMEOUT_MS = 5_000;
