/** Names the server and database of a URL for people: without user, password and parameters. */

/**
 * Returns `host:port/database`, several hosts with commas, or the folder of a socket. Text that is no such URL is never
 * repeated, because it may contain a password anywhere.
 */
export function describeServer(connectionString: string): string {
  const parts = /^postgres(?:ql)?:\/\/(?:[^@/?#]*@)?([\w.,:[\]-]*)\/?([\w.-]*)(?:\?(.*))?$/.exec(connectionString);
  if (parts === null) return 'the database of DATABASE_URL';
  const [, hosts = '', database = '', parameters = ''] = parts;
  const host = new URLSearchParams(parameters).get('host') ?? hosts;
  return `${host}/${database}`;
}
