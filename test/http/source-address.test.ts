/**
 * The source address of a callback: the address of the connection, or the one that a trusted proxy reports.
 * X-Forwarded-For of any other client must never grant access. Real sockets; the log contains the address that was
 * used.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { send, target } from '../helpers/callbacks.ts';
import { storedEvents } from '../helpers/database-state.ts';
import { sendRaw, statusesOf } from '../helpers/raw-connection.ts';
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

test('a trusted proxy may write ports and brackets', async (t) => {
  const { sendForwarded } = await setup(t, {
    ALLOWED_SOURCES: 'resurs,2001:db8::/32',
    TRUST_PROXY: '127.0.0.1,10.0.0.0/8,fd00::/8',
  });
  const allowed = [
    [`${RESURS}:51008`, RESURS],
    [`[${RESURS}]:51008`, RESURS],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:db8::1:443', '2001:db8::1:443'],
    ['[::ffff:192.121.110.100]:443', RESURS],
    [`203.0.113.9:1, ${RESURS}:2`, RESURS],
    [`${RESURS}:1,10.1.2.3:2 , [fd00::1]:3`, RESURS],
    [`\t${RESURS}:1\t,, 10.1.2.3:2 ,`, RESURS],
  ];

  const { statuses, sources } = await sendForwarded(...allowed.map(([value = '']) => value), `${RESURS}:1, 11.1.2.3:2`);

  assert.deepEqual(statuses, [...allowed.map(() => 204), 403]);
  assert.deepEqual(sources, [...allowed.map(([, address]) => address), '11.1.2.3']);
});

test('what is no address is not allowed, nor is what stands before it, and it is not logged', async (t) => {
  const { receiver, sendForwarded } = await setup(t, { ALLOWED_SOURCES: '0.0.0.0/0,::/0', TRUST_PROXY: '127.0.0.1' });
  const invalid = [
    'garbage',
    `${RESURS}, unknown`,
    `${RESURS}, unix:`,
    `${RESURS}:`,
    `${RESURS}:x`,
    `${RESURS}:123456`,
    `${RESURS}:1:2`,
    `[${RESURS}`,
    '[2001:db8::1]x',
    '2001:db8:1:2:3:4:5:6:443',
    '[]:443',
    '1.2.3',
    '"',
    `"${RESURS}"`,
    `for=${RESURS}`,
    `${RESURS} x`,
    'x'.repeat(5_000),
  ];

  const { statuses, sources } = await sendForwarded(...invalid);

  assert.deepEqual(statuses, Array(invalid.length).fill(403));
  assert.deepEqual(sources, Array(invalid.length).fill(null));
  assert.equal((await storedEvents(receiver)).length, 0);
});

test('without a list of sources what is no address is accepted, and its source is unknown', async (t) => {
  const { statuses, sources } = await (await setup(t, { TRUST_PROXY: '127.0.0.1' })).sendForwarded('unknown');

  assert.deepEqual([statuses, sources], [[204], [null]]);
});

test('a receiver that trusts every proxy starts', async (t) => {
  const { sendForwarded } = await setup(t, { ALLOWED_SOURCES: 'resurs', TRUST_PROXY: '0.0.0.0/0' });

  assert.deepEqual((await sendForwarded(RESURS)).statuses, [204]);
});

test('Forwarded and the PROXY protocol are not read', async (t) => {
  const { receiver } = await setup(t, { ALLOWED_SOURCES: 'resurs', TRUST_PROXY: '127.0.0.1' });
  const headers = { forwarded: `for=${RESURS}` };

  const forwarded = await send(receiver.url, target('UNFREEZE', '1'), { headers });
  const proxied = await sendRaw(t, receiver.url, `PROXY TCP4 ${RESURS} 10.0.0.1 1 2\r\nGET / HTTP/1.1\r\n\r\n`);

  assert.equal(forwarded.status, 403);
  assert.deepEqual(statusesOf(proxied), [400]);
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
  assert.equal(dual.receiver.log.find(({ event }) => event === 'callback.received')?.source, '127.0.0.1');
});

test('a dual-stack socket trusts its IPv4 proxy', async (t) => {
  const { receiver } = await setup(t, { HOST: '::', ALLOWED_SOURCES: 'resurs', TRUST_PROXY: '127.0.0.1' });
  const url = `http://127.0.0.1:${new URL(receiver.url).port}`;

  const forwarded = await send(url, target('UNFREEZE', '1'), { headers: { 'x-forwarded-for': RESURS } });
  const direct = await send(url, target('UNFREEZE', '1'));

  assert.deepEqual([forwarded.status, direct.status], [204, 403]);
});
