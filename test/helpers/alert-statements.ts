/** The statements of the alerts, each with its maximum cost. They run once a minute in one replica. */
import { randomUUID } from 'node:crypto';
import type { Alert } from '../../src/alerts/alert.ts';
import { observe } from '../../src/alerts/observe.ts';
import { createReporter } from '../../src/alerts/outage-report.ts';
import { claimPosts, finishPosts, prunePosts } from '../../src/alerts/post-store.ts';
import { readAlerts, saveChanges } from '../../src/alerts/store.ts';
import type { Database } from '../../src/db/client.ts';
import { CLOSED } from '../../src/deliveries/circuit-breaker.ts';
import type { MeasuredStatement } from './hot-path-statements.ts';

const OPEN = { ...CLOSED, probe: { delayMs: 1, dueAtMs: 0 }, openSinceMs: 0, lastError: 'HTTP 500' };

function firing(): Alert {
  const now = new Date();
  const times = { since: now, until: null, lastTrueAt: now, postedAt: now };
  return {
    name: 'silence',
    edgeId: randomUUID(),
    state: 'firing',
    severity: 'critical',
    ...times,
    message: 'm',
    fix: 'f',
  };
}

const save = async (db: Database) => {
  const before = (await readAlerts(db)).get('silence') ?? null;
  const change = { before, next: firing(), occasion: 'firing' } as const;
  return (await saveChanges(db, [change], { now: new Date(), posts: true })).size;
};

const post = async (db: Database) => {
  const posts = await claimPosts(db, new Date());
  if (posts.length > 0) await finishPosts(db, posts, { status: 204, error: null }, new Date());
  return posts.length;
};

/** As of a replica whose webhook stays down. */
const report = async (db: Database) => {
  const options = { db, replica: '00000000-0000-4000-8000-000000000001', clock: { elapsed: () => 60_000 } };
  await createReporter({ ...options, breakerState: () => OPEN, logger: null as never })();
  return 1;
};

const fixed = (base: number, run: MeasuredStatement['run']): MeasuredStatement => ({ perRow: 0, base, run });

export const ALERT_STATEMENTS: Readonly<Record<string, MeasuredStatement>> = {
  'alerts, what the rules look at': {
    ...fixed(250, (db) => observe(db, new Date()).then(() => 1)),
    passesDead: true,
  },
  'alerts, what a look has changed': fixed(60, save),
  'alerts, the messages that are due': fixed(80, post),
  'alerts, old messages': fixed(20, (db) => prunePosts(db, new Date()).then(() => 1)),
  'alerts, an outage of the webhook': fixed(30, report),
};
