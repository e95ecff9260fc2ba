/**
 * A name with several addresses: Resurs takes any of them, so one that is out of order loses some callbacks and not others. Each
 * has a real listener of its own; the finding must name the address.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Internet } from '../../src/doctor/probe/internet.ts';
import { makeSelfSigned } from '../helpers/certificates.ts';
import { ADDRESS, examineNetwork, firstComplaint, NAME, startShop } from '../helpers/doctor-site.ts';
import { answering, page } from '../helpers/injected-faults.ts';
import { closedPort, startPublicSite } from '../helpers/public-site.ts';

const SECOND = '8.8.8.8';

type Shop = Awaited<ReturnType<typeof startShop>>;

/** A shop in order at the first address; at the second one whatever `start` puts on the port it returns. */
async function setup(t: TestContext, start: (shop: Shop) => Promise<number>) {
  const shop = await startShop(t);
  const port = await start(shop);
  const outside: Internet = {
    ...shop.outside,
    resolve4: async () => ({ outcome: 'found', addresses: [ADDRESS, SECOND] }),
    route: (address, wanted) =>
      address === SECOND ? { host: '127.0.0.1', port } : shop.outside.route(address, wanted),
  };
  return { examine: () => examineNetwork(shop.input, outside) };
}

test('an address where nobody listens is named', async (t) => {
  const { examine } = await setup(t, closedPort);

  const complaint = firstComplaint(await examine());

  assert.deepEqual([complaint?.name, complaint?.status], ['tls', 'fail']);
  assert.match(complaint?.reason ?? '', /^8\.8\.8\.8 refuses connections/);
});

test('an address with another certificate is named', async (t) => {
  const { examine } = await setup(t, async ({ world }) =>
    startPublicSite(t, world.url, { tls: await makeSelfSigned(NAME) }),
  );

  const complaint = firstComplaint(await examine());

  assert.deepEqual([complaint?.name, complaint?.status], ['certificate', 'fail']);
  assert.match(complaint?.reason ?? '', /at 8\.8\.8\.8 is self-signed/);
});

test('an address whose proxy reaches no receiver is named', async (t) => {
  const { examine } = await setup(t, async ({ world, authority }) => {
    const { manners = {} } = answering(page(502));
    return startPublicSite(t, world.url, { tls: await authority.issue(NAME), manners });
  });

  const complaint = firstComplaint(await examine());

  assert.deepEqual([complaint?.name, complaint?.status], ['callback-path', 'fail']);
  assert.match(complaint?.reason ?? '', /at 8\.8\.8\.8 is answered 502/);
});

test('a private address is reported and never knocked at', async (t) => {
  const shop = await startShop(t);
  const knockedAt = new Set<string>();
  const outside: Internet = {
    ...shop.outside,
    resolve4: async () => ({ outcome: 'found', addresses: ['10.0.0.7', ADDRESS] }),
    route(address, port) {
      knockedAt.add(address);
      return shop.outside.route(address, port);
    },
  };

  const findings = await examineNetwork(shop.input, outside);

  const complaints = findings.filter(({ status }) => status !== 'pass').map(({ name }) => name);
  assert.deepEqual(complaints, ['dns']);
  assert.deepEqual([...knockedAt], [ADDRESS]);
});
