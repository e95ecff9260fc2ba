/** Whether the page is served. */
import type { Config } from '../config/settings.ts';
import { isLoopbackHost } from '../lib/loopback.ts';

type PageSettings = Pick<Config, 'STATUS_PAGE' | 'STATUS_PORT' | 'STATUS_TOKEN' | 'HOST'>;

/**
 * Returns whether the page is served. `auto` serves it where strangers do not come: on a port of its own, or on a
 * loopback address. Without a token there is no status API that it could show.
 */
export function isPageEnabled({ STATUS_PAGE, STATUS_PORT, STATUS_TOKEN, HOST }: PageSettings): boolean {
  if (STATUS_TOKEN === null) return false;
  switch (STATUS_PAGE) {
    case 'true':
      return true;
    case 'false':
      return false;
    case 'auto':
      return STATUS_PORT !== null || isLoopbackHost(HOST);
  }
}
