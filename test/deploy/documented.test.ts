/**
 * docs/deployment.md names what there is: commands, services, profiles, secrets, versions. Its blocks run in
 * test/deploy/in-docker.sh, where there is an engine; here they are read.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { access } from 'node:fs/promises';
import * as path from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { runProgram } from '../helpers/program.ts';
import { readCompose } from './compose.ts';
import { ROOT, readEnvExample, readStages, readText } from './files.ts';

async function setup() {
  const page = await readText('docs/deployment.md');
  const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
  return { page, blocks, all: blocks.join('\n') };
}

function namesIn(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))];
}

test('every block says what it needs, and is shell', async () => {
  const { page, blocks } = await setup();

  assert.equal(blocks.length, page.match(/^```./gm)?.length);
  for (const block of blocks) {
    assert.match(block, /^# (?:Docker|Kubernetes)\n/);
    const { status, stderr } = spawnSync('bash', ['-n'], { input: block });
    assert.equal(status, 0, `${stderr}${block}`);
  }
  assert.equal(spawnSync('bash', ['-n', path.join(ROOT, 'test', 'deploy', 'in-docker.sh')]).status, 0);
});

test('every command of the program that a block runs exists', async (t) => {
  const { all } = await setup();
  const usage = (await runProgram(t, ['--help']).ended).stdout;

  const commands = namesIn(all, /receiver (?:-- )?receiver ([a-z-]+)/g);

  assert.deepEqual(commands.sort(), ['config', 'doctor', 'simulate']);
  for (const command of commands) assert.match(usage, new RegExp(`^  ${command} `, 'm'));
});

test('services, profiles and files that blocks name exist', async () => {
  const { all } = await setup();
  const { services } = await readCompose(await readEnvExample());
  const profiles: Record<string, { profiles?: string[] }> = parse(await readText('docker-compose.yml')).services;

  const named = namesIn(all, /docker compose (?:exec -T|stop|logs --no-log-prefix|port) ([a-z]+)/g);
  const chosen = [...namesIn(all, /--profile ([a-z]+)/g), ...namesIn(all, /\bCOMPOSE_PROFILES=(?:[a-z]+,)*([a-z]+)/g)];
  const files = namesIn(all, /(?:< |--filename )(deploy\/\S+)/g);

  assert.deepEqual(named.sort(), ['postgres', 'receiver', 'shop']);
  for (const name of named) assert.ok(name in services, name);
  assert.deepEqual(
    chosen.sort(),
    Object.values(profiles)
      .flatMap(({ profiles: names = [] }) => names)
      .sort(),
  );
  for (const file of files) await access(path.join(ROOT, file));
});

test('variables that blocks change stand in .env.example, to be changed there', async () => {
  const { all } = await setup();
  const example = await readEnvExample();

  const changed = namesIn(all, /sed -i "s\|\^([A-Z_]+)=/g);

  assert.ok(changed.length >= 4);
  for (const name of [...changed, 'DIGEST_KEY', 'STATUS_TOKEN']) assert.ok(example.has(name), name);
});

test('the secrets made for Kubernetes are those the manifest mounts', async () => {
  const { all } = await setup();
  const manifest = await readText('deploy/kubernetes.yaml');

  const made = namesIn(all, /--from-literal=([A-Z_]+)=/g);

  const mounted = namesIn(manifest, /value: \/run\/secrets\/[a-z]+\/([A-Z_]+)/g);
  assert.deepEqual(made.sort(), mounted.sort());
});

test('versions, ports and addresses are those of the files', async () => {
  const { page } = await setup();
  const image = (await readStages()).at(-1) ?? [];
  const { version } = JSON.parse(await readText('package.json'));
  const { services } = await readCompose(await readEnvExample());
  const caddy = services.caddy?.networks ?? {};

  assert.deepEqual(namesIn(page, /resurs-callback-receiver:(\d\S*\d)/g), [version]);
  assert.deepEqual(namesIn(page, /`(node:[^`]+)`/g), [image[0]?.value]);
  assert.ok('edge' in caddy && page.includes(`TRUST_PROXY=${caddy.edge?.ipv4_address.replace(/\d+$/, '1')}`));
  assert.ok(page.includes(`http://receiver:${services.receiver?.environment?.STATUS_PORT}`));
  const status = services.receiver?.ports?.find((port) => port.endsWith(':8081'))?.replace(/:8081$/, '');
  assert.deepEqual(new Set(namesIn(page, /http:\/\/([\d.:]+)(?:\$1"|\/ui\/)/g)), new Set([status]));
});
