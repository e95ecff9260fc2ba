/**
 * Time: whatever hangs out there, all network checks together end well below the twenty seconds of a whole run, and a wish to stop
 * ends them at once with its own reason. Nothing stays open afterwards, or the listeners of these tests could not close.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as net from 'node:net';
import { type TestContext, test } from 'node:test';
import { NETWORK_CHECKS } from '../../src/doctor/network-checks.ts';
import { waitUntil } from '../harness/wait.ts';
import { ADDRESS, examineNetwork, firstComplaint, type Plant, startStreet } from '../helpers/doctor-site.ts';
import { answering, hang } from '../helpers/injected-faults.ts';
import { startSilence } from '../helpers/public-site.ts';

/** Three seconds for the DNS, five for a request, and a little for a busy machine. */
const LONGEST_MS = 10_000;

const HANGING: readonly (readonly [what: string, plant: Plant])[] = [
  [
    'four addresses that take connections and are silent',
    {
      a: { outcome: 'found', addresses: [ADDRESS, '8.8.8.8', '9.9.9.9', '1.1.1.1'] },
      listener: startSilence,
    },
  ],
  ['a proxy that never answers', answering(hang)],
];

for (const [what, plant] of HANGING) {
  test(`with ${what}, all checks have ended in time`, async (t) => {
    const street = await startStreet(t, plant);
    const startedAt = performance.now();

    const findings = await street.examine();

    assert.ok(performance.now() - startedAt < LONGEST_MS);
    assert.equal(firstComplaint(findings)?.status, 'fail');
  });
}

test('a DNS that never answers is given up, and who needs it says so', async (t) => {
  const street = await startStreet(t);
  const outside = { ...street.outside, resolve4: () => new Promise<never>(() => undefined) };
  const startedAt = performance.now();

  const findings = await examineNetwork(street.input, outside);

  assert.ok(performance.now() - startedAt < LONGEST_MS);
  assert.deepEqual(
    findings.map(({ status }) => status),
    ['pass', 'warn', ...Array(6).fill('fail'), 'pass'],
  );
  for (const { reason } of findings.slice(2, 8)) assert.match(reason, /^Not looked at: the DNS .*; see dns\.$/);
});

/** A listener that says nothing and tells how many connections it has. */
async function startCounted(t: TestContext) {
  const open = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.resume().on('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.close();
    await once(server, 'close');
  });
  return { port: (server.address() as net.AddressInfo).port, open };
}

/** The checks that ask somebody; the others need no time. */
const { 'public-url': _url, sources: _sources, ...ASKING } = NETWORK_CHECKS;

test('a wish to stop ends every check at once with its reason, and every connection', async (t) => {
  const { port, open } = await startCounted(t);
  const street = await startStreet(t, { listener: async () => port });
  const stop = new AbortController();
  const reason = new Error('stopped by the caller');
  const { dns: _dns, ...connecting } = ASKING;

  const running = Object.values(connecting).map((check) => check(street.input, street.outside, stop.signal));
  const settled = Promise.allSettled(running);
  assert.ok(await waitUntil(async () => open.size > Object.keys(connecting).length));
  stop.abort(reason);
  const outcomes = await settled;

  for (const outcome of outcomes) assert.deepEqual(outcome, { status: 'rejected', reason });
  assert.ok(await waitUntil(async () => open.size === 0));
});

test('a wish to stop that came before leaves nothing to do', async (t) => {
  const { port, open } = await startCounted(t);
  const street = await startStreet(t, { listener: async () => port });
  const reason = new Error('stopped before it began');
  const stopped = AbortSignal.abort(reason);

  const running = Object.values(ASKING).map((check) => check(street.input, street.outside, stopped));
  const outcomes = await Promise.allSettled(running);

  for (const outcome of outcomes) assert.deepEqual(outcome, { status: 'rejected', reason });
  assert.equal(open.size, 0);
});
