/**
 * Standard output for log lines. What is logged in one turn of the event loop is written by one system call, which
 * otherwise costs more than the lines do. A normal end and a crash write what is left; kill -9 loses the last turn's lines.
 */
import { type DestinationStream, pino } from 'pino';

/** Written at once when so much is there. */
const FULL_BYTES = 8_192;

/** A reader that has gone away is none of the service's business: pino then drops the lines. */
export function openLogOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: true, minLength: FULL_BYTES });
  let isFlushDue = false;
  const flush = () => {
    isFlushDue = false;
    output.flush();
  };
  process.once('exit', flush);
  return {
    write(line) {
      output.write(line);
      if (isFlushDue) return;
      isFlushDue = true;
      setImmediate(flush);
    },
  };
}
