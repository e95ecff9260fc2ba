/**
 * The containers of docker-compose.yml: who reaches them, what they may do, and how long they get. Each of these is a line
 * that an edit could drop without any test failing.
 */
import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import * as path from 'node:path';
import { test } from 'node:test';
import { settingOf } from '../../src/config/settings.ts';
import { loadReceiver, readCompose } from './compose.ts';
import { ROOT, readEnvExample, readStages } from './files.ts';

async function setup() {
  const variables = await readEnvExample();
  return { variables, ...(await readCompose(variables)) };
}

test('callbacks and the status API are published on this machine alone unless asked for, each by a setting', async () => {
  const { services, variables } = await setup();
  const wishes = Object.entries({
    PUBLISHED: '127.0.0.1:8080-8082',
    PUBLISHED_STATUS: '127.0.0.1:',
    PUBLISHED_HTTPS: '8443',
  });
  const asked = await readCompose(new Map([...variables, ...wishes]));

  const published = Object.entries(services).map(([name, { ports = [] }]) => [name, ports]);

  assert.deepEqual(Object.fromEntries(published), {
    receiver: ['127.0.0.1:8080:8080', '127.0.0.1:8081:8081'],
    postgres: [],
    caddy: ['80:80', '443:443'],
    prometheus: ['127.0.0.1:9090:9090'],
    shop: [],
  });
  assert.deepEqual(asked.services.receiver?.ports, ['127.0.0.1:8080-8082:8080', '127.0.0.1::8081']);
  assert.deepEqual(asked.services.caddy?.ports, ['80:80', '8443:443']);
});

test('Caddy has a name on every machine: the public one, else localhost', async () => {
  const { services, variables } = await setup();
  const named = await readCompose(new Map([...variables, ['PUBLIC_NAME', 'callbacks.shop.example']]));

  const names = [services, named.services].map(({ caddy }) => caddy?.environment?.PUBLIC_NAME);

  assert.deepEqual(names, ['localhost', 'callbacks.shop.example']);
});

test("the receiver believes exactly Caddy's address", async () => {
  const { services, variables } = await setup();
  const { networks = {} } = services.caddy ?? {};

  const loaded = await loadReceiver(variables);

  assert.ok(loaded.outcome === 'loaded' && 'edge' in networks);
  assert.deepEqual(loaded.config.TRUST_PROXY, [networks.edge?.ipv4_address]);
});

test('every container is without capabilities it does not need, and bounded', async () => {
  const { services } = await setup();

  for (const [name, service] of Object.entries(services)) {
    const limits = Object.keys(service.deploy?.resources.limits ?? {});
    assert.deepEqual(service.cap_drop, ['ALL'], name);
    assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
    assert.deepEqual(limits.sort(), ['cpus', 'memory', 'pids'], name);
  }
});

test('the receiver gets longer to stop than it takes at most', async () => {
  const { services } = await setup();
  const limitMs = Number(settingOf('SHUTDOWN_TIMEOUT_MS').defaultText);

  const graceMs = Number.parseInt(services.receiver?.stop_grace_period ?? '', 10) * 1000;

  assert.ok(graceMs > limitMs + 2000, `${graceMs} ms`);
});

test('files that containers mount exist, and images say their version', async () => {
  const { services } = await setup();
  const [from] = (await readStages()).at(-1) ?? [];

  const volumes = Object.values(services).flatMap(({ volumes: all = [] }) => all);
  const mounted = volumes.filter((volume) => volume.startsWith('./')).map((volume) => volume.split(':')[0] ?? '');

  assert.ok(mounted.length >= 4);
  for (const name of mounted) await access(path.join(ROOT, name));
  for (const { image } of Object.values(services)) if (image !== undefined) assert.match(image, /:v?\d+[.-]/);
  assert.equal(
    services.shop?.image,
    from?.value,
    'the sample shop runs on the Node of the image, which is there already',
  );
});
