/**
 * A Resurs that cannot be asked: the command exits 1 with the reason, the job has failed, nothing is stored or lost, and the
 * next run finds everything. Everything is real but Resurs.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reconcile } from '../../src/commands/reconcile/reconcile.ts';
import { readJobs } from '../../src/db/leader-lock.ts';
import type { InjectedFault } from '../../src/simulator/api/quirks.ts';
import { plannedCallback } from '../../src/simulator/callbacks.ts';
import { createTestOutbox } from '../helpers/outbox.ts';
import { startLosingResurs } from '../helpers/reconciled-resurs.ts';
import { injectFaultFor } from '../helpers/resurs.ts';
import { runCommand } from '../helpers/run-command.ts';

const FAULTS: readonly (readonly [InjectedFault, RegExp])[] = [
  ['server_error', /HTTP 500/],
  ['html', /HTTP 503/],
  ['login_page', /./],
  ['unauthorised', /HTTP 401/],
  ['reset', /./],
  ['answer_lost', /./],
  ['limited', /HTTP 429/],
  ['limit_exceeded', /code 24/],
  ['empty', /./],
  ['half_body', /./],
];

test('a Resurs that cannot be asked fails the run, and the next one finds what was missed', async (t) => {
  const { db, url, query } = await createTestOutbox(t);
  const { resurs, env, happen } = await startLosingResurs(t);
  await happen(plannedCallback('BOOKED', 'b-1', {}), plannedCallback('BOOKED', 'b-2', {}));
  const run = () => runCommand(reconcile, [], { ...env, DATABASE_URL: url });
  const job = async () => (await readJobs(db)).get('reconciliation');
  let failures = 0;

  for (const [fault, reason] of FAULTS) {
    resurs.setQuirks({ faultOf: injectFaultFor(fault, { channel: 'SOAP' }) });

    const { exitCode, out, errors } = await run();

    failures += 1;
    assert.equal(exitCode, 1, fault);
    assert.match(out, /^resurs-ecom +0 /m, fault);
    assert.match(errors, /^Not complete: SOAP findPayments/, fault);
    assert.match(errors, reason, fault);
    assert.ok(!`${out}${errors}`.includes(env.RESURS_PASSWORD ?? ''), fault);
    assert.equal((await job())?.failedInRow, failures, fault);
    assert.deepEqual(await query('select from events'), [], fault);
  }

  resurs.setQuirks({ connections: 'refused', faultOf: () => 'none' });
  assert.equal((await run()).exitCode, 1);
  resurs.setQuirks({ connections: 'accepted' });
  const { exitCode, out } = await run();

  assert.equal(exitCode, 0);
  assert.match(out, /^resurs-ecom +2 +0 +2 /m);
  assert.equal((await job())?.failedInRow, 0);
});
