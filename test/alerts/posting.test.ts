/**
 * What reaches ALERT_URL: one message for each edge over replicas and restarts, several edges in one message, and an
 * address that hangs, redirects or refuses. Real Postgres and real HTTP; times are the test's.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { type AlertsWorld, createAlertsWorld, type Replica } from '../helpers/alerts.ts';
import { listenForTest } from '../helpers/listen.ts';
import { type Merchant, startMerchant, status } from '../helpers/merchant.ts';

/** Makes `missed_callbacks` true, with one event of now. */
function miss({ query }: AlertsWorld): Promise<unknown> {
  return query(`
    insert into events (id, payment_key, payment_id, callback, type, method, parameters, received_at, verified)
    values (gen_random_uuid(), 'p', 'p', 'RECONCILIATION', 'payment.reconciled', 'GET', '{}', now(), '{}')`);
}

/** Makes `dead_letters` true as well. */
function giveUp({ query }: AlertsWorld): Promise<unknown> {
  return query('insert into dead_letters (sequence) select sequence from events limit 1');
}

async function setup(t: TestContext) {
  const [world, receiver] = [await createAlertsWorld(t), await startMerchant(t)];
  await miss(world);
  const env = { ALERT_URL: `${receiver.url}?key=1`, ALERT_AUTHORIZATION: 'Bearer abc' };
  return { world, receiver, env };
}

const states = ({ received }: Pick<Merchant, 'received'>) =>
  received.map(({ body }) => JSON.parse(body)).map(({ alert, state }) => `${alert} ${state}`);

test('two replicas that look at the same time post an edge once', async (t) => {
  const { world, receiver, env } = await setup(t);
  const replicas = [world.replica(env), world.replica(env), world.replica(env)];

  for (const minute of [0, 1, 2]) {
    await Promise.all(replicas.map((each) => each.lookAt(minute)));
    await Promise.all(replicas.map((each) => each.post()));
  }

  assert.deepEqual(states(receiver), ['missed_callbacks firing']);
  const fired = replicas.flatMap(({ log }) => log).filter(({ event }) => event === 'alert.firing');
  assert.equal(fired.length, 1);
});

test('looks that overlap, as of a replica that has lost its lease, post each reason once', async (t) => {
  const { world, receiver, env } = await setup(t);
  const replicas = [world.replica(env), world.replica(env), world.replica(env)];
  const look = async (minute: number) => {
    await Promise.all(replicas.map((each) => each.lookUnlocked(minute)));
    await Promise.all(replicas.map((each) => each.post()));
  };

  for (const minute of [0, 1]) await look(minute);
  await world.query('delete from events');
  for (const minute of [7, 8]) await look(minute);

  assert.deepEqual(states(receiver), ['missed_callbacks firing', 'missed_callbacks resolved']);
});

test('a restart posts nothing again, and the next process tells that it is over', async (t) => {
  const { world, receiver, env } = await setup(t);
  await world.replica(env).lookAt(0);

  const next = world.replica(env);
  await next.lookAt(1);
  await world.query('delete from events');
  for (const minute of [2, 7, 8]) await next.lookAt(minute);

  assert.deepEqual(states(receiver), ['missed_callbacks firing', 'missed_callbacks resolved']);
});

test('a message that a process had claimed when it died is not posted, one that it had not claimed is', async (t) => {
  const { world, receiver, env } = await setup(t);
  await world.replica(env).onlyLookAt(0);
  await world.query('update alert_posts set claimed_at = now()');
  await giveUp(world);
  await world.replica(env).onlyLookAt(1);

  await world.replica(env).lookAt(2);

  assert.deepEqual(states(receiver), ['dead_letters firing']);
});

test('several alerts of one look are one message, with the header and the path as they are set', async (t) => {
  const { world, receiver, env } = await setup(t);
  await giveUp(world);

  await world.replica(env).lookAt(0);

  const [post, ...others] = receiver.received;
  assert.equal(others.length, 0);
  assert.equal(post?.headers.authorization, 'Bearer abc');
  assert.equal(post?.headers['content-type'], 'application/json');
  const body = JSON.parse(post?.body ?? '');
  assert.deepEqual(
    body.alerts.map(({ alert }: { alert: string }) => alert),
    ['dead_letters', 'missed_callbacks'],
  );
});

test('PagerDuty gets a request for each alert, with its key in the body and without the header', async (t) => {
  const { world, receiver, env } = await setup(t);
  await giveUp(world);

  await world.replica({ ...env, ALERT_FORMAT: 'pagerduty', ALERT_AUTHORIZATION: 'the-key' }).lookAt(0);

  assert.equal(receiver.received.length, 2);
  for (const { headers, body } of receiver.received) {
    assert.equal(headers.authorization, undefined);
    assert.equal(JSON.parse(body).routing_key, 'the-key');
  }
});

test('without ALERT_URL alerts fire and nothing is kept to be posted later', async (t) => {
  const { world, receiver, env } = await setup(t);
  await world.replica().lookAt(0);

  await world.replica(env).lookAt(1);

  assert.deepEqual(states(receiver), []);
  assert.deepEqual(await world.query('select state from alerts'), [{ state: 'firing' }]);
});

/** The end of the only message, and the error lines about it. */
async function ending(world: AlertsWorld, { log }: Replica) {
  const [post] = await world.query('select status, error, finished_at is not null as finished from alert_posts');
  const lines = log
    .filter(({ event }) => event === 'alert.not_posted')
    .map(({ level, status, reason }) => ({ level, status, reason }));
  return { post, lines };
}

test('a refused message is tried three more times, later and later, and then given up with an error line', async (t) => {
  const { world, receiver, env } = await setup(t);
  receiver.answerWith(status(500));
  const waits: number[] = [];
  const replica = world.replica(env, { onWait: (ms) => waits.push(ms) });

  await replica.lookAt(0);
  await replica.lookAt(1);

  assert.equal(receiver.received.length, 4);
  assert.deepEqual(waits, [2_000, 10_000, 30_000]);
  assert.deepEqual(await ending(world, replica), {
    post: { status: 500, error: 'answered 500', finished: true },
    lines: [{ level: 'error', status: 500, reason: 'answered 500' }],
  });
});

test('a message that is accepted at the second try is sent no third time', async (t) => {
  const { world, receiver, env } = await setup(t);
  receiver.answerWith((request, response) => {
    receiver.answerWith(status(202));
    status(503)(request, response);
  });
  const replica = world.replica(env);

  await replica.lookAt(0);

  assert.equal(receiver.received.length, 2);
  assert.deepEqual(await ending(world, replica), { post: { status: 202, error: null, finished: true }, lines: [] });
});

test('a redirect is not followed', async (t) => {
  const { world, receiver, env } = await setup(t);
  const other = await startMerchant(t);
  receiver.answerWith(status(307, { location: other.url }));

  await world.replica(env).lookAt(0);

  assert.equal(other.received.length, 0);
  assert.equal(receiver.received.length, 4);
});

test('an address that never answers is given up after its time', async (t) => {
  const { world, env } = await setup(t);
  const { url } = await listenForTest(t, createServer());
  const replica = world.replica({ ...env, ALERT_URL: url }, { timeoutMs: 50 });

  await replica.lookAt(0);

  const { post, lines } = await ending(world, replica);
  assert.deepEqual(post, { status: null, error: 'no answer within 0.05 s', finished: true });
  assert.equal(lines.length, 1);
});

test('a process that stops while nothing listens at ALERT_URL leaves the message to the next one', async (t) => {
  const { world, receiver, env } = await setup(t);
  const stopping = new AbortController();
  // Port 1 refuses every connection.
  const away = { ...env, ALERT_URL: 'http://127.0.0.1:1/' };
  const stopped = world.replica(away, { onWait: () => stopping.abort() });
  await stopped.onlyLookAt(0);
  await stopped.post(stopping.signal);

  await world.replica(env).lookAt(1);

  assert.deepEqual(states(receiver), ['missed_callbacks firing']);
});

test('a process that stops between two tries leaves the message to the next one', async (t) => {
  const { world, receiver, env } = await setup(t);
  receiver.answerWith(status(503));
  const stopping = new AbortController();
  const replica = world.replica(env, { onWait: () => stopping.abort() });
  await replica.onlyLookAt(0);
  await replica.post(stopping.signal);
  receiver.answerWith(status(204));

  await world.replica(env).lookAt(1);

  assert.equal(receiver.received.length, 2);
  assert.deepEqual(await ending(world, replica), { post: { status: 204, error: null, finished: true }, lines: [] });
});

test('messages are kept for 30 days', async (t) => {
  const { world, env } = await setup(t);
  const replica = world.replica(env);
  await replica.lookAt(0);

  await replica.lookAt(31 * 1_440);

  assert.deepEqual(await world.query(`select occasion from alert_posts`), [{ occasion: 'resolved' }]);
});
