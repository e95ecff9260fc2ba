/**
 * Standard output for log lines. What is logged in one turn of the event loop is written by one system call, which
 * otherwise costs more than the lines do. A reader that is slow or gone holds up nobody. An exit writes what is left, after
 * an uncaught error as well; kill -9 loses the last turn's lines.
 */
import { type DestinationStream, pino } from 'pino';

/** For a reader that has stalled: what comes beyond it is dropped, as the memory is the shop's. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

export function createLogDestination(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: false, maxLength: MAX_WAITING_BYTES });
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
      // Nobody reads any more.
    }
  });
  return {
    write(line) {
      if (lines === '') setImmediate(flush);
      lines += line;
    },
  };
}
