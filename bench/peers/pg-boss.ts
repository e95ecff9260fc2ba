/** Runs pg-boss in batches: it fetches again at once while batches are full, and completes each with one statement. */
import { importPeer, type Peer, REQUESTS_IN_FLIGHT, runPeer } from './peer.ts';

const QUEUE = 'deliver';
const BATCH = 500;

/** The part of the package that is used here. */
interface PgBossModule {
  PgBoss: new (options: object) => Boss;
}
interface Boss {
  on(event: 'error', react: (error: Error) => void): void;
  start(): Promise<unknown>;
  stop(options: object): Promise<void>;
  createQueue(name: string): Promise<void>;
  insert(name: string, jobs: readonly object[]): Promise<unknown>;
  work(name: string, options: object, handler: (jobs: readonly { data: object }[]) => Promise<void>): Promise<string>;
}

const peer: Peer = {
  async fill(connectionString, bodies) {
    const boss = await open(connectionString);
    await boss.createQueue(QUEUE);
    for (let first = 0; first < bodies.length; first += BATCH) {
      await boss.insert(
        QUEUE,
        bodies.slice(first, first + BATCH).map((data) => ({ data })),
      );
    }
    await boss.stop({ graceful: false });
  },
  async start(connectionString, post) {
    const boss = await open(connectionString);
    await boss.work(
      QUEUE,
      { batchSize: BATCH, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 },
      async (jobs) => {
        const rest = jobs.values();
        const sendOneByOne = async () => {
          for (const { data } of rest) await post(data);
        };
        await Promise.all(Array.from({ length: REQUESTS_IN_FLIGHT }, sendOneByOne));
      },
    );
    return () => boss.stop({ graceful: true });
  },
};

async function open(connectionString: string): Promise<Boss> {
  const { PgBoss } = await importPeer<PgBossModule>('pg-boss');
  const boss = new PgBoss({ connectionString, supervise: false, schedule: false });
  boss.on('error', (error) => {
    throw error;
  });
  await boss.start();
  return boss;
}

runPeer(peer);
