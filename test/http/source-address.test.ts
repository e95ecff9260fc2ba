/**
 * The source address of a callback: the address of the connection, or the one that a trusted proxy reports.
 * X-Forwarded-For of any other client must never grant access. Real sockets; the log contains the address that was
 * used.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { send, target } from '../helpers/callbacks.ts';
import { storedEvents } from '../helpers/database-state.ts';
import { startTestService } from '../helpers/service.ts';

const RESURS = '192.121.110.100';

async function setup(t: TestContext, env: Record<string, string>) {
  const receiver = await startTestService(t, { env });
  /**
   * Sends one callback per X-Forwarded-For value, in sequence, and returns the status and the logged source of each.
   */
  const sendForwarded = async (...values: (string | string[] | null)[]) => {
    const statuses: number[] = [];
    for (const value of values) {
      const headers = value === null ? {} : { 'x-forwarded-for': value };
      statuses.push((await send(receiver.url, target('UNFREEZE', '1'), { headers })).status);
    }
    const lines = receiver.log.filter(({ event }) => event === 'callback.received');
    return { statuses, sources: lines.map(({ source }) => source) };
  };
  return { receiver, sendForwarded };
}

test('X-Forwarded-For of an untrusted client is ignored', async (t) => {
  const { sendForwarded } = await setup(t, { ALLOWED_SOURCES: 'resurs' });

  const { statuses, sources } = await sendForwarded(RESURS, `${RESURS}, 127.0.0.1`, '::ffff:192.121.110.100');

  assert.deepEqual(statuses, [403, 403, 403]);
  assert.deepEqual(sources, ['127.0.0.1', '127.0.0.1', '127.0.0.1']);
});

test('behind a trusted proxy the address that it saw decides, not the one that the client claims', async (t) => {
  const { receiver, sendForwarded } = await setup(t, { ALLOWED_SOURCES: 'resurs', TRUST_PROXY: '127.0.0.1' });

  const { statuses, sources } = await sendForwarded(
    RESURS,
    `203.0.113.9, ${RESURS}`,
    `${RESURS}, 203.0.113.9`,
    [`${RESURS}`, '203.0.113.9'],
    '13.50.187.51',
    '13.50.187.52',
    null,
  );

  assert.deepEqual(statuses, [204, 204, 403, 403, 204, 403, 403]);
  assert.deepEqual(sources.slice(0, 3), [RESURS, RESURS, '203.0.113.9']);
  assert.equal((await storedEvents(receiver))[0]?.verified.source, true);
});

test('several trusted proxies are skipped from the nearest to the farthest', async (t) => {
  const { sendForwarded } = await setup(t, { ALLOWED_SOURCES: 'resurs', TRUST_PROXY: '127.0.0.1/32,10.0.0.0/8' });

  const { statuses } = await sendForwarded(
    `${RESURS}, 10.1.2.3`,
    `${RESURS}, 11.1.2.3`,
    `${RESURS}, 10.1.2.3, 10.9.9.9`,
  );

  assert.deepEqual(statuses, [204, 403, 204]);
});

test('an invalid address from a trusted proxy is rejected', async (t) => {
  const { receiver, sendForwarded } = await setup(t, { ALLOWED_SOURCES: '0.0.0.0/0,::/0', TRUST_PROXY: '127.0.0.1' });

  const { statuses } = await sendForwarded(
    'garbage',
    `${RESURS}, unknown`,
    `${RESURS}:1`,
    '1.2.3',
    '"',
    `${RESURS} x`,
    'x'.repeat(5_000),
  );

  assert.deepEqual(statuses, Array(7).fill(403));
  assert.equal((await storedEvents(receiver)).length, 0);
});

test('IPv4-mapped IPv6 addresses count as IPv4, in the header and on the socket', async (t) => {
  const forwarded = await setup(t, { ALLOWED_SOURCES: 'resurs', TRUST_PROXY: '127.0.0.1' });
  const dual = await setup(t, { HOST: '::', ALLOWED_SOURCES: '127.0.0.0/8' });
  const port = new URL(dual.receiver.url).port;

  const { statuses } = await forwarded.sendForwarded(
    '::ffff:192.121.110.100',
    '::FFFF:192.121.110.100',
    '::ffff:203.0.113.9',
  );
  const mapped = await send(`http://127.0.0.1:${port}`, target('UNFREEZE', '1'));

  assert.deepEqual(statuses, [204, 204, 403]);
  assert.equal(mapped.status, 204);
});

test('a dual-stack socket trusts its IPv4 proxy', async (t) => {
  const { receiver } = await setup(t, { HOST: '::', ALLOWED_SOURCES: 'resurs', TRUST_PROXY: '127.0.0.1' });
  const url = `http://127.0.0.1:${new URL(receiver.url).port}`;

  const forwarded = await send(url, target('UNFREEZE', '1'), { headers: { 'x-forwarded-for': RESURS } });
  const direct = await send(url, target('UNFREEZE', '1'));

  assert.deepEqual([forwarded.status, direct.status], [204, 403]);
});
