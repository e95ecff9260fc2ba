/**
 * A name with several addresses: Resurs uses any of them, so one that does not work loses some callbacks and not
 * others. Each has a real listener of its own; the finding must name the address.
 */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Internet } from '../../src/doctor/probe/internet.ts';
import { freePort } from '../harness/listen.ts';
import { makeSelfSigned } from '../helpers/certificates.ts';
import { ADDRESS, firstFailedCheck, NAME, startShop } from '../helpers/doctor-site.ts';
import { page, proxyResponding } from '../helpers/injected-faults.ts';
import { startPublicSite } from '../helpers/public-site.ts';

const SECOND = '8.8.8.8';

type Shop = Awaited<ReturnType<typeof startShop>>;

/** A shop without faults at the first address; at the second one the server that `start` opens on the returned port. */
async function setup(t: TestContext, start: (shop: Shop) => Promise<number>) {
  const shop = await startShop(t);
  const port = await start(shop);
  const internet: Partial<Internet> = {
    resolve4: async () => ({ outcome: 'found', addresses: [ADDRESS, SECOND] }),
    route: (address, publicPort) =>
      address === SECOND ? { host: '127.0.0.1', port } : shop.context.internet.route(address, publicPort),
  };
  return { runNetworkChecks: () => shop.runNetworkChecks(internet) };
}

test('an address with a closed port is named', async (t) => {
  const { runNetworkChecks } = await setup(t, freePort);

  const failed = firstFailedCheck(await runNetworkChecks());

  assert.deepEqual([failed?.name, failed?.status], ['tls', 'fail']);
  assert.match(failed?.reason ?? '', /^8\.8\.8\.8 refuses connections/);
});

test('an address with another certificate is named', async (t) => {
  const { runNetworkChecks } = await setup(t, async ({ service }) =>
    startPublicSite(t, service.url, { tls: await makeSelfSigned(NAME) }),
  );

  const failed = firstFailedCheck(await runNetworkChecks());

  assert.deepEqual([failed?.name, failed?.status], ['certificate', 'fail']);
  assert.match(failed?.reason ?? '', /at 8\.8\.8\.8 is self-signed/);
});

test('an address whose proxy reaches no receiver is named', async (t) => {
  const { runNetworkChecks } = await setup(t, async ({ service, authority }) => {
    const { proxy = {} } = proxyResponding(page(502));
    return startPublicSite(t, service.url, { tls: await authority.issue(NAME), proxy });
  });

  const failed = firstFailedCheck(await runNetworkChecks());

  assert.deepEqual([failed?.name, failed?.status], ['callback-path', 'fail']);
  assert.match(failed?.reason ?? '', /at 8\.8\.8\.8: 502 came from another server/);
});

test('a private address is reported, and no connection to it is made', async (t) => {
  const shop = await startShop(t);
  const connectedTo = new Set<string>();
  const internet: Partial<Internet> = {
    resolve4: async () => ({ outcome: 'found', addresses: ['10.0.0.7', ADDRESS] }),
    route(address, port) {
      connectedTo.add(address);
      return shop.context.internet.route(address, port);
    },
  };

  const findings = await shop.runNetworkChecks(internet);

  const failed = findings.filter(({ status }) => status !== 'pass').map(({ name }) => name);
  assert.deepEqual(failed, ['dns']);
  assert.deepEqual([...connectedTo], [ADDRESS]);
});
