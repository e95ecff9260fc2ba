/** Runs graphile-worker as its performance documentation does: local queue, completions in batches, silent. */
import pg from 'pg';
import { importPeer, type Peer, REQUESTS_IN_FLIGHT, runPeer } from './peer.ts';

const TASK = 'deliver';
/** Jobs fetched at once; the documentation's own figure. */
const LOCAL_QUEUE = 500;
const INSERTED_AT_ONCE = 2_000;

/** The part of the package that is used here. */
interface GraphileWorker {
  Logger: new (factory: () => () => void) => object;
  run(options: object): Promise<{ stop(): Promise<void> }>;
  runMigrations(options: object): Promise<void>;
}

const peer: Peer = {
  async fill(connectionString, bodies) {
    const { Logger, runMigrations } = await importPeer<GraphileWorker>('graphile-worker');
    await runMigrations({ connectionString, logger: new Logger(() => () => undefined) });
    const client = new pg.Client({ connectionString });
    await client.connect();
    for (let first = 0; first < bodies.length; first += INSERTED_AT_ONCE) {
      await client.query(
        `select count(*) from graphile_worker.add_jobs(array(
           select ('${TASK}', body, null, null, null, null, null, null)::graphile_worker.job_spec
           from json_array_elements($1::json) body))`,
        [JSON.stringify(bodies.slice(first, first + INSERTED_AT_ONCE))],
      );
    }
    await client.query('vacuum analyze');
    await client.end();
  },
  async start(connectionString, post) {
    const { Logger, run } = await importPeer<GraphileWorker>('graphile-worker');
    const worker = {
      connectionString,
      concurrentJobs: REQUESTS_IN_FLIGHT,
      localQueue: { size: LOCAL_QUEUE },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
      logger: new Logger(() => () => undefined),
    };
    const taskList = { [TASK]: (body: object) => post(body) };
    const runner = await run({ preset: { worker }, taskList, parsedCronItems: [], noHandleSignals: true });
    return () => runner.stop();
  },
};

runPeer(peer);
