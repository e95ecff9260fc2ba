/**
 * JSON lines on stdout, one for each unit of work, named by `event` like a fact. Fields, not sentences, so that no
 * secret travels in a message; what might hold one (headers, URLs, bodies) is never handed to the logger at all, and
 * the names below are removed should someone do it all the same. Lines are flat: names inside of objects would have to be
 * looked for in every line, which costs three times the line itself.
 */
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { createLogDestination } from './log-destination.ts';

export type { Logger };

const NEVER_LOGGED = ['digest', 'authorization', 'password', 'salt', 'secret', 'token', 'body', 'url', 'headers'];

/** `level` is one of pino's. Without a destination it writes to stdout. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: NEVER_LOGGED, remove: true },
  };
  return pino(options, destination ?? createLogDestination());
}
