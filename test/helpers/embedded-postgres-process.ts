/**
 * A fake service: starts the embedded Postgres on the folder given on the command line and prints one JSON line about
 * it. It prints a line on Ctrl-C without stopping (so that tests can check Postgres), and stops on SIGTERM. Prints the
 * error and exits 1 if Postgres does not start. It imports only the code under test, so that it also runs from a copy.
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
  print({ event: 'failed', code, message: String(error) });
  process.exitCode = 1;
}
