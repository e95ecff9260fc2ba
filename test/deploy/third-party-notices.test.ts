/**
 * The notices in the image name every package that production installs, with its licence and the text of it. The Dockerfile
 * makes them from what it has installed; here they are made from the same packages.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { ROOT, readProductionPackages, readStages, readText } from './files.ts';

/** A licence that does not ask for more than to be passed on with the program. */
const PERMISSIVE = /^(MIT|ISC|BSD-[23]-Clause|Apache-2\.0|0BSD|BlueOak-1\.0\.0)$/;

async function setup(t: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), 'receiver-notices-'));
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const packages = await readProductionPackages();
  for (const name of packages) {
    // A package within a package comes with the outer one.
    if (name.lastIndexOf('node_modules') > 0) continue;
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await symlink(path.join(ROOT, name), path.join(folder, name));
  }
  const manifests = packages.map(async (name) => JSON.parse(await readText(path.join(name, 'package.json'))));
  return { folder, manifests: await Promise.all(manifests) };
}

test('the notices name every production package and no other, each with a permissive licence and its text', async (t) => {
  const { folder, manifests } = await setup(t);
  const script = path.join(ROOT, 'deploy', 'third-party-notices.ts');

  const { stdout, stderr } = spawnSync(process.execPath, [script, 'node_modules'], { cwd: folder, encoding: 'utf8' });

  assert.equal(stderr, '');
  const [, ...sections] = stdout.split(`\n${'-'.repeat(80)}\n`);
  const named = sections.flatMap((section) => section.split('\nLicence: ')[0]?.trim().split('\n') ?? []);
  assert.deepEqual(named.sort(), [...new Set(manifests.map(({ name, version }) => `${name} ${version}`))].sort());
  for (const section of sections) {
    const [, licence = '', text = ''] = /\nLicence: (.+)\n\n([\s\S]+)/.exec(section) ?? [];
    assert.match(licence, PERMISSIVE);
    assert.match(text, /copyright|permission/i, section.slice(0, 200));
  }
});

test('the image holds the notices, made from the packages that it has', async () => {
  const [packages = [], , image = []] = await readStages();

  const made = packages.map(({ name, value }) => `${name} ${value}`);
  const installed = made.findIndex((line) => /^RUN npm ci --omit=dev --omit=optional /.test(line));
  const copied = image.filter(({ name }) => name === 'COPY').map(({ value }) => value);

  assert.notEqual(installed, -1);
  assert.deepEqual(made.slice(installed + 1, installed + 3), [
    'COPY deploy/third-party-notices.ts deploy/',
    'RUN node deploy/third-party-notices.ts node_modules > THIRD-PARTY-NOTICES',
  ]);
  assert.ok(copied.includes('--from=packages /app/THIRD-PARTY-NOTICES ./'));
});
