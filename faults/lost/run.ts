/**
 * Runs `lost` once: Resurs sends the callbacks of a plan and never sends a fifth of them, while a replica is killed now
 * and then. Then Resurs is asked by two commands at once and by the service, with kills again, and everything is
 * compared with what the plan says must have been missed.
 */

import { expectedMissed } from '../../src/simulator/expected-missed.ts';
import type { IsLost } from '../../src/simulator/lost.ts';
import { chooseLostIn } from '../../src/simulator/lost.ts';
import { expectedMapiMissed } from '../../src/simulator/mapi/expected-missed.ts';
import type { ReportedCallback, SimulatedCallback } from '../../src/simulator/result.ts';
import { waitUntil } from '../../test/harness/wait.ts';
import { leaksOf, stopAll } from '../replica.ts';
import type { Findings } from '../report.ts';
import type { RunContext } from '../scenario.ts';
import { type Evidence, findCustomers, readEvents } from './evidence.ts';
import { figuresOf } from './figures.ts';
import { createKills, killPoints } from './kills.ts';
import { type Lives, planLives } from './lives.ts';
import { reconcileUntilComplete } from './reconciling.ts';
import { registerOrders } from './register-orders.ts';
import { startTestbed, type Testbed } from './testbed.ts';
import { countViolations, isEverythingFound, verdictsOf } from './verdicts.ts';

export interface RunOptions {
  readonly seed: number;
  readonly callbacks: number;
  /** The share of callbacks that never come. */
  readonly share: number;
  /** Kills of a replica while callbacks come. */
  readonly kills: number;
}

const DELIVERED_WITHIN_MS = 120_000;
/** How long before the run the first payment may have been booked, by a clock that is some minutes behind. */
const BEFORE_MS = 600_000;

/** Throws when the terminal asks to stop, or when something does not start. */
export async function runLost(options: RunOptions, { cleanup, terminal }: RunContext): Promise<Findings> {
  const { seed, callbacks: count, share } = options;
  const signal = terminal.stop ?? new AbortController().signal;
  const startedAtMs = performance.now();
  const since = new Date(Date.now() - BEFORE_MS);
  const lives = planLives({ seed, callbacks: count, nowMs: Date.now() });
  const points = killPoints(seed, options.kills, count);
  let tries = 0;
  const onTry = () => {
    tries += 1;
    // A replica that does not start again is reported by the wait for it below.
    if (points.has(tries)) kills.kill().catch(() => undefined);
  };
  const testbed = await startTestbed(
    { seed, isLost: chooseLostIn([...lives.ecom, ...lives.mapi], { share, seed: String(seed) }), onTry },
    cleanup,
  );
  const kills = createKills(seed, testbed.replicas, signal);
  await testbed.startReplicas({});
  const registered = await registerOrders(testbed, lives.mapi);
  terminal.printError('  All replicas run. Callbacks and faults begin.');
  const callbacks = await sendAll(testbed, lives, signal);
  await kills.kill();
  signal.throwIfAborted();
  const crashes = await stopAll(testbed.replicas());
  const leaks = leaksOf(testbed.replicas());

  terminal.printError(
    `  ${callbacks.length} callbacks, ${callbacks.filter(({ lost }) => lost).length} lost. Resurs is asked.`,
  );
  const expected = expectedOf(lives, callbacks, registered);
  // Now that everything has come, the service asks as well: as soon as it starts.
  await testbed.startReplicas({ RECONCILE_INTERVAL: '5m' });
  const isComplete = async () => isEverythingFound({ events: await readEvents(testbed.database), expected });
  const asked = { seed, env: testbed.env, kills, signal, cleanup, isComplete, since };
  const runs = await reconcileUntilComplete(asked);
  await waitUntil(() => isDelivered(testbed), DELIVERED_WITHIN_MS, signal);
  signal.throwIfAborted();

  const { received } = testbed.merchant;
  const allCrashes = [...crashes, ...(await stopAll(testbed.replicas()))];
  const allLeaks = [...leaks, ...leaksOf(testbed.replicas()), ...(await findCustomers(testbed.database))];
  const events = await readEvents(testbed.database);
  const found = { crashes: allCrashes, leaks: allLeaks, kills: kills.count(), events, received, runs };
  const evidence: Evidence = { callbacks, expected, ...found };
  return {
    scenario: 'lost',
    seed,
    figures: figuresOf(evidence, performance.now() - startedAtMs),
    faults: [{ name: 'lost-callback', survived: callbacks.filter(({ lost }) => lost).length, skipped: null }],
    verdicts: verdictsOf(evidence),
    violationCounts: countViolations(evidence),
  };
}

async function sendAll({ resurs, mapiUrls }: Testbed, lives: Lives, signal: AbortSignal): Promise<SimulatedCallback[]> {
  const sent = [resurs.run(lives.ecom, signal), resurs.runMapi(lives.mapi, mapiUrls, signal)];
  return (await Promise.all(sent)).flat();
}

/** What never reached a replica is missed as well; of the Merchant API, what was never heard of if it is registered. */
function expectedOf(lives: Lives, callbacks: readonly SimulatedCallback[], registered: ReadonlySet<string>) {
  const keyOf = ({ fact, result }: Pick<ReportedCallback, 'fact' | 'result'>) => `${fact} ${result}`;
  const came = new Set(callbacks.filter(({ kept }) => kept > 0).map(keyOf));
  const isLost: IsLost = (callback) => !came.has(keyOf(callback));
  return [
    ...expectedMissed(lives.ecom, isLost),
    ...expectedMapiMissed(lives.mapi, isLost).filter(
      ({ isKnown, orderReference }) => isKnown || registered.has(orderReference ?? ''),
    ),
  ];
}

async function isDelivered({ database }: Testbed): Promise<boolean> {
  const rows = await database.query('select from outbox limit 1');
  return rows.length === 0;
}
