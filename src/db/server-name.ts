/** Names the servers and the database of a URL for people: without user, password and parameters. */
import { currentUrl, type DatabaseUrl } from '../config/rereadable-url.ts';
import { parseDatabaseUrl } from '../config/types/database-url.ts';

/**
 * Returns `host:port/database`, several hosts with commas, or the folder of a socket. A text that is no such URL is never
 * repeated, because it may contain a password anywhere.
 */
export function describeServer(url: DatabaseUrl): string {
  const parsed = parseDatabaseUrl(currentUrl(url));
  if (parsed.outcome === 'refused') return 'the database of DATABASE_URL';
  const { hosts, database, user } = parsed.value;
  return `${hosts.map(({ host, port }) => `${host}:${port}`).join(',')}/${database ?? user ?? ''}`;
}
