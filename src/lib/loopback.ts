/** Hosts that never leave this machine. */

const LOOPBACK = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|::1|::ffff:(?:127(?:\.\d+){3}|7f[0-9a-f]{2}:[0-9a-f]{1,4}))$/;

/** Returns whether a host is a loopback address or `localhost` (RFC 6761). IPv6 addresses may be in brackets. */
export function isLoopbackHost(host: string): boolean {
  return LOOPBACK.test(host.toLowerCase().replace(/^\[|\]$/g, ''));
}
