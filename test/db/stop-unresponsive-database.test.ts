/**
 * A service whose database is unresponsive (a broken network, a frozen host: connections stay open without responses)
 * still stops on request. Otherwise an orchestrator must kill it, and with it the attempts in flight.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDatabase } from '../helpers/postgres.ts';
import { startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { startProcess } from '../helpers/process.ts';

test('the process exits 0 although its database is unresponsive', { timeout: 60_000 }, async (t) => {
  const { url } = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, url);
  const service = await startProcess(t, proxy.url, { SHUTDOWN_TIMEOUT_MS: '1000' });
  proxy.silence();

  const exitCode = await service.stop();

  assert.equal(exitCode, 0);
  assert.equal(service.log.at(-1)?.event, 'service.stopped');
});
