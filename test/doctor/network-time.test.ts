/**
 * Time limits: whichever server hangs, all network checks together end well below the twenty seconds of a whole run. An
 * abort ends them at once with its own reason. No connection stays open afterwards, or the listeners of these tests
 * could not close.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as net from 'node:net';
import { type TestContext, test } from 'node:test';
import { CHECKS } from '../../src/doctor/run-checks.ts';
import { waitUntil } from '../harness/wait.ts';
import { ADDRESS, type FaultCase, firstFailedCheck, NETWORK_CHECKS, startSite } from '../helpers/doctor-site.ts';
import { hang, proxyResponding } from '../helpers/injected-faults.ts';
import { startSilentServer } from '../helpers/public-site.ts';
import { startStopwatch } from '../helpers/stopwatch.ts';

/** Three seconds for the DNS, five for a request, and a little for a busy machine. */
const LONGEST_MS = 10_000;

const HANGING: readonly (readonly [what: string, faultCase: FaultCase])[] = [
  [
    'four addresses that accept connections and send nothing',
    {
      a: { outcome: 'found', addresses: [ADDRESS, '8.8.8.8', '9.9.9.9', '1.1.1.1'] },
      listener: startSilentServer,
    },
  ],
  ['a proxy that never responds', proxyResponding(hang)],
];

for (const [what, faultCase] of HANGING) {
  test(`with ${what}, all checks end in time`, async (t) => {
    const site = await startSite(t, faultCase);
    const watch = startStopwatch();

    const findings = await site.runNetworkChecks();

    assert.ok(watch.elapsedMs() < LONGEST_MS);
    assert.equal(firstFailedCheck(findings)?.status, 'fail');
  });
}

test('a DNS query without a response times out, and the checks that need it are skipped', async (t) => {
  const site = await startSite(t);
  const watch = startStopwatch();

  const findings = await site.runNetworkChecks({ resolve4: () => new Promise<never>(() => undefined) });

  assert.ok(watch.elapsedMs() < LONGEST_MS);
  assert.deepEqual(
    findings.map(({ status }) => status),
    ['pass', ...Array(8).fill('skip')],
  );
  for (const { reason } of findings.slice(2, 8)) assert.match(reason, /^Skipped: the DNS .*; see dns\.$/);
});

/** Starts a listener that sends nothing, and exposes its open connections. */
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

/** The checks that use the network; the others take no time. */
const USING_NETWORK = NETWORK_CHECKS.filter((name) => name !== 'public-url' && name !== 'sources');

test('an abort ends every check at once with its reason, and closes every connection', async (t) => {
  const { port, open } = await startCounted(t);
  const site = await startSite(t, { listener: async () => port });
  const stop = new AbortController();
  const reason = new Error('stopped by the caller');
  const connecting = USING_NETWORK.filter((name) => name !== 'dns');

  const running = connecting.map((name) => CHECKS[name](site.context, stop.signal));
  const settled = Promise.allSettled(running);
  assert.ok(await waitUntil(async () => open.size > connecting.length));
  stop.abort(reason);
  const outcomes = await settled;

  for (const outcome of outcomes) assert.deepEqual(outcome, { status: 'rejected', reason });
  assert.ok(await waitUntil(async () => open.size === 0));
});

test('an abort before the start opens no connection', async (t) => {
  const { port, open } = await startCounted(t);
  const site = await startSite(t, { listener: async () => port });
  const reason = new Error('stopped before it began');
  const stopped = AbortSignal.abort(reason);

  const running = USING_NETWORK.map((name) => CHECKS[name](site.context, stopped));
  const outcomes = await Promise.allSettled(running);

  for (const outcome of outcomes) assert.deepEqual(outcome, { status: 'rejected', reason });
  assert.equal(open.size, 0);
});
