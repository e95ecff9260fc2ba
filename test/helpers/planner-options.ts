/** The settings by which the service's statements are planned, for a test's own connection. */
import { SERVICE_SETTINGS } from '../../src/db/connection/session-settings.ts';

/** As command-line options for a server, without the limits of time: a test may look for longer. */
export const PLANNER_OPTIONS = SERVICE_SETTINGS.filter(({ name }) => /^(?:plan_cache_mode|enable_)/.test(name))
  .map(({ name, value }) => `-c ${name}=${value}`)
  .join(' ');
