/** Logs servers that are not used: once an outage, however many connections are tried meanwhile. */
import type { Logger } from '../../lib/logger.ts';
import type { OpeningObserver } from './open.ts';

/** Creates the observer; all pools of a process share one. */
export function createOpeningLog(logger: Logger): OpeningObserver {
  let isLogged = false;
  return {
    onUnsuitable({ problem, fix }) {
      if (!isLogged) logger.error({ event: 'database.unsuitable', reason: problem, fix });
      isLogged = true;
    },
    onOpened() {
      if (isLogged) logger.info({ event: 'database.suitable' });
      isLogged = false;
    },
  };
}
