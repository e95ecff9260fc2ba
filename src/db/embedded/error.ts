/**
 * The error of the embedded Postgres. Its message is for the operator: it states what failed and how to fix it, so that
 * `serve` can print it unchanged.
 */

/**
 * Why there is no embedded Postgres:
 * - `unavailable`: no binaries for this platform, or they do not run here (the container image has none)
 * - `forbidden`: DATA_DIR or the temporary folder cannot be used by this user
 * - `in_use`: another receiver's Postgres runs on DATA_DIR
 * - `wrong_version`: DATA_DIR was created by another major version of Postgres
 * - `failed`: initdb or Postgres failed; the message ends with its output
 */
export type EmbeddedErrorCode = 'unavailable' | 'forbidden' | 'in_use' | 'wrong_version' | 'failed';

/** The embedded Postgres cannot be used. `code` says why, the message also how to fix it. */
export class EmbeddedError extends Error {
  readonly code: EmbeddedErrorCode;

  constructor(code: EmbeddedErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EmbeddedError';
    this.code = code;
  }
}
