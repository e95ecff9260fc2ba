/** Runs a program as the service runs: environment in, a log line when ready, a signal to stop. */
import { once } from 'node:events';
import { loadConfig } from '../../src/config/load.ts';
import { formatSettingError } from '../../src/config/setting-error.ts';
import type { Config } from '../../src/config/settings.ts';
import { createLogger, type Logger } from '../../src/lib/logger.ts';

export interface VariantParts {
  readonly config: Config;
  readonly logger: Logger;
}

/** Runs until SIGTERM. `start` resolves when the program accepts callbacks. */
export async function runVariant(start: (parts: VariantParts) => Promise<{ close(): Promise<void> }>): Promise<void> {
  const loaded = loadConfig(process.env);
  if (loaded.outcome === 'invalid') throw new Error(loaded.errors.map(formatSettingError).join(', '));
  const { config } = loaded;
  const logger = createLogger(config.LOG_LEVEL);
  const stopped = once(process, 'SIGTERM');
  const running = await start({ config, logger });
  logger.info({ event: 'service.ready' });
  await stopped;
  await running.close();
}
