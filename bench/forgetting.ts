/**
 * Forgetting beside the work: callbacks taken per second while a million old events are removed, beside the same load
 * before and after it in the same run. Deliveries are held, so that nothing but the way in and the forgetting works.
 */
import pg from 'pg';
import { Agent, request } from 'undici';
import { computeDigest } from '../src/callbacks/digest.ts';
import { CALLBACK_PATH, openBench, SALT } from './receivers.ts';
import { type Spread, spreadOf } from './spread.ts';

const OLD_EVENTS = 1_000_000;
const SENDERS = 32;
const PHASE_MS = 10_000;

export interface Phase {
  readonly callbacksPerSecond: number;
  /** Milliseconds from sending a callback to its answer. */
  readonly answer: Spread;
  /** Answers other than 204. */
  readonly refused: number;
}

export interface ForgettingFigures {
  readonly before: Phase;
  readonly during: Phase;
  readonly after: Phase;
  readonly oldEvents: number;
  readonly forgottenPerSecond: number;
}

export async function measureForgetting(report: (line: string) => void): Promise<ForgettingFigures> {
  const bench = await openBench();
  const agent = new Agent({ connections: SENDERS });
  const client = new pg.Client({ connectionString: bench.postgres.connectionString });
  try {
    await client.connect();
    const first = await bench.startReceiver(null);
    await load(agent, first, 'warm', 2_000);
    const before = await load(agent, first, 'before', PHASE_MS);
    await bench.stopReceivers();

    report(`storing ${OLD_EVENTS} old events …`);
    await storeOldEvents(client);
    const second = await bench.startReceiver(null);
    // The receiver begins to forget as soon as it is ready.
    const leftAtStart = await countOld(client);
    const startedAtMs = performance.now();
    const during = await load(agent, second, 'during', PHASE_MS);
    const tookMs = performance.now() - startedAtMs;
    const left = await countOld(client);
    if (left === 0) throw new Error('everything was forgotten before the phase ended: nothing was measured');

    report('waiting until all are forgotten …');
    while ((await countOld(client)) > 0) await load(agent, second, 'wait', 1_000);
    const after = await load(agent, second, 'after', PHASE_MS);
    return { before, during, after, oldEvents: OLD_EVENTS, forgottenPerSecond: ((leftAtStart - left) / tookMs) * 1000 };
  } finally {
    await client.end();
    await agent.close();
    await bench.stop();
  }
}

async function load(agent: Agent, baseUrl: string, name: string, forMs: number): Promise<Phase> {
  const endAtMs = performance.now() + forMs;
  const samples: number[] = [];
  let refused = 0;
  const run = Date.now();
  const sender = async (_: unknown, number: number) => {
    for (let i = 0; performance.now() < endAtMs; i += 1) {
      const id = `${name}-${run}-${number}-${i}`;
      const sentAtMs = performance.now();
      const url = `${baseUrl}${CALLBACK_PATH}?c=UNFREEZE&p=${id}&d=${computeDigest('sha1', id, SALT)}`;
      const { statusCode, body } = await request(url, { dispatcher: agent });
      await body.dump();
      samples.push(performance.now() - sentAtMs);
      if (statusCode !== 204) refused += 1;
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  return { callbacksPerSecond: (samples.length / forMs) * 1000, answer: spreadOf(samples), refused };
}

/** As the service would have left them 500 days ago: delivered, with one attempt each. */
async function storeOldEvents(client: pg.Client): Promise<void> {
  await client.query(`
    insert into payments select 'old-' || n from generate_series(1, ${OLD_EVENTS}) n`);
  await client.query(`
    insert into events (id, payment_key, payment_id, callback, type, method, parameters, received_at, verified)
    select gen_random_uuid(), 'old-' || n, 'old-' || n, 'UNFREEZE', 'payment.unfrozen', 'GET', '{}',
           now() - interval '500 days', '{"digest":true,"result":true,"basicAuth":false,"source":false}'
    from generate_series(1, ${OLD_EVENTS}) n`);
  await client.query(`
    insert into deliveries (event_id, sequence, payment_key, state, attempt_count, tries_used, delivered_at)
    select id, sequence, payment_key, 'delivered', 1, 1, received_at from events where payment_key like 'old-%'`);
  await client.query(`
    insert into attempts (event_id, number, started_at, duration_ms, outcome, status)
    select event_id, 1, delivered_at, 5, 'accepted', 204 from deliveries where payment_key like 'old-%'`);
  await client.query('vacuum analyze');
}

async function countOld(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    "select count(*) from events where received_at < now() - interval '400 days'",
  );
  return Number(rows[0]?.count);
}
