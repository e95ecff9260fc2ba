/**
 * Names the proxy in the error of a request that went through one: its address may be wrong, it may be down, or it may
 * refuse, and without its name every such error looks like one of the target.
 */
import { errorSummary } from '../lib/errors.ts';

/** A failure on the way through a proxy. Its message is the whole explanation; credentials are not in it. */
export class ProxiedError extends Error {
  constructor(proxy: string, cause: Error) {
    super(explain(proxy, cause), { cause });
    this.name = 'ProxiedError';
  }
}

/** undici has one kind of error for everything that a proxy responds, with the status in its text. */
function explain(proxy: string, cause: Error): string {
  const status = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(cause.message)?.[1];
  if (status === '407') return `the proxy ${proxy} asks for a user name and password (407)`;
  if (status !== undefined) return `the proxy ${proxy} responded ${status}`;
  return `${errorSummary(cause.cause instanceof Error ? cause.cause : cause)} through the proxy ${proxy}`;
}
