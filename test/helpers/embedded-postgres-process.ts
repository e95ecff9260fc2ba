/**
 * A stand-in for the service: starts the embedded Postgres on the folder named on the command line, prints one JSON
 * line about it, drains on Ctrl-C without stopping (so that tests can look), and stops on SIGTERM. Prints the error
 * and exits 1 when there is no Postgres. Imports nothing but the subject, so that it also runs from a copy elsewhere.
 */

import { startEmbeddedPostgres } from '../../src/db/embedded/embedded.ts';
import { EmbeddedError } from '../../src/db/embedded/error.ts';

const [dataDir = ''] = process.argv.slice(2);
const print = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);

try {
  const postgres = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
  process.on('SIGINT', () => print({ event: 'interrupted' }));
  process.on('SIGTERM', () => {
    void postgres.stop();
  });
  const { connectionString, socketDir, pid } = postgres;
  print({ event: 'started', connectionString, socketDir, pid });
} catch (error) {
  const code = error instanceof EmbeddedError ? error.code : 'unexpected';
  print({ event: 'refused', code, message: String(error) });
  process.exitCode = 1;
}
