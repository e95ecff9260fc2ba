/** Posts in the background what is due, one round at a time, so that no look waits for ALERT_URL. */
import { setTimeout } from 'node:timers/promises';
import type { Config } from '../config/settings.ts';
import { alertFormatOf } from '../config/types/alert-format.ts';
import type { Database } from '../db/client.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { originOf } from './message.ts';
import { createAlertSender } from './post.ts';
import { postDue } from './poster.ts';

export interface PostingOptions {
  readonly config: Config;
  readonly db: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
}

export interface Posting {
  /** Starts a round; does nothing while one runs, since the next look wakes it again. */
  wake(): void;
  /** Ends the tries, and resolves when nothing runs any more. */
  stop(): Promise<void>;
}

/** Creates it; null without ALERT_URL. */
export function createPosting({ config, db, clock, logger }: PostingOptions): Posting | null {
  const { ALERT_URL: url, ALERT_FORMAT, ALERT_AUTHORIZATION: authorization } = config;
  if (url === null) return null;
  const format = alertFormatOf(ALERT_FORMAT, url);
  const sleep = (ms: number, signal: AbortSignal) => setTimeout(ms, undefined, { signal, ref: false });
  const sender = createAlertSender({ url, format, authorization, proxies: config, sleep });
  const now = () => new Date(clock.now());
  const options = { db, sender, logger, format, origin: originOf(config), key: authorization, now };
  const stopping = new AbortController();
  let running: Promise<void> | null = null;
  return {
    wake() {
      running ??= postDue(options, stopping.signal).finally(() => {
        running = null;
      });
    },
    async stop() {
      stopping.abort();
      await running;
      await sender.close();
    },
  };
}
