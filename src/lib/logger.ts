/**
 * The logger: JSON lines on stdout, one per unit of work, named by `event` as a fact. Lines have fields instead of
 * sentences, so that no secret is part of a message. Data that may contain a secret (headers, URLs, bodies) is never
 * passed to the logger, and the names below are removed in case a caller passes it after all. Lines are flat: removing
 * names inside objects would search every line, which costs three times as much as the line itself.
 */
import { type DestinationStream, type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';
import { systemClock } from './clock.ts';
import { createLogOutput, type LogOutput } from './log-output.ts';

export type Logger = PinoLogger;

const NEVER_LOGGED = ['digest', 'authorization', 'password', 'salt', 'secret', 'token', 'body', 'url', 'headers'];

/** Creates a logger. `level` is one of pino's. Without a destination it writes to stdout. */
export function createLogger(level: string, destination: DestinationStream = openLogOutput()): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: NEVER_LOGGED, remove: true },
  };
  return pino(options, destination);
}

/**
 * Opens stdout for log lines. The remaining lines are written at exit, also after an uncaught error; kill -9 loses the
 * lines of the last moments (log-output.ts).
 */
export function openLogOutput(): LogOutput {
  const output = createLogOutput(systemClock);
  process.once('exit', output.flush);
  return output;
}
