/** What an operator can do about a port that cannot be opened. */
import { errorCode } from '../lib/errors.ts';

const FIXES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another program has this port: end it, or set PORT (for the status API STATUS_PORT) to a free one.',
  EADDRNOTAVAIL: 'Set HOST to an address of this machine, or leave it out for all of them.',
  ENOTFOUND: 'Set HOST to an address of this machine, or leave it out for all of them.',
  EAI_AGAIN: 'Set HOST to an address of this machine, or leave it out for all of them.',
  EACCES:
    'Set PORT to one from 1024 on, and let a proxy take 443: lower ones need a right that the receiver does not want.',
};

/** Returns the fix for the error of a listen; null for any other error. */
export function listenFix(error: unknown): string | null {
  if (!(error instanceof Error) || !('syscall' in error)) return null;
  const isOfListen = error.syscall === 'listen' || error.syscall === 'getaddrinfo';
  return isOfListen ? (FIXES[errorCode(error) ?? ''] ?? null) : null;
}
