/**
 * The logger: JSON lines on stdout, one per unit of work, named by `event` as a fact. Lines have fields instead of
 * sentences, so that no secret is part of a message. Data that may contain a secret (headers, URLs, bodies) is never
 * passed to the logger, and the names below are removed in case a caller passes it after all. Lines are flat: removing
 * names inside objects would search every line, which costs three times as much as the line itself.
 */
import { type DestinationStream, type Logger as PinoLogger, pino, stdTimeFunctions } from 'pino';

export type Logger = PinoLogger;

const NEVER_LOGGED = ['digest', 'authorization', 'password', 'salt', 'secret', 'token', 'body', 'url', 'headers'];

/** Upper bound for a stalled reader. Further lines are dropped, to protect the memory of the process. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

/** Creates a logger. `level` is one of pino's. Without a destination it writes to stdout. */
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

/**
 * Standard output for log lines. The lines of one event loop turn are written by one system call, which otherwise costs
 * more than the lines. A slow or closed reader does not block the process. The remaining lines are written at exit,
 * also after an uncaught error; kill -9 loses the lines of the last turn.
 */
function createLogDestination(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: false, maxLength: MAX_BUFFERED_BYTES });
  let lines = '';
  const flush = () => {
    output.write(lines);
    lines = '';
  };
  process.once('exit', () => {
    try {
      if (lines !== '') flush();
      output.flushSync();
    } catch {
      // The reader has closed the pipe.
    }
  });
  return {
    write(line) {
      if (lines === '') setImmediate(flush);
      lines += line;
    },
  };
}
