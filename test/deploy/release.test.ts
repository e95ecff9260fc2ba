/**
 * What a tag releases, and how versions of others come in: .github/workflows/release.yml with .ci/release, and
 * .github/dependabot.yml. publish.test.ts has .ci/publish.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { ROOT, readText } from './files.ts';
import { type Job, readJobs } from './workflows.ts';

test('a release is checked first, built on two platforms with provenance and a list of parts, and attested', async () => {
  const { ci, build, publish, announce } = await readJobs('release.yml');
  const inputsOf = (job: Job | undefined, action: string) => {
    const step = job?.steps?.find(({ uses }) => uses?.startsWith(`${action}@`));
    return step?.with ?? {};
  };

  const { provenance, sbom } = inputsOf(build, 'docker/build-push-action');
  const platforms = build?.strategy?.matrix.include.map(({ platform }) => platform);

  assert.deepEqual([ci?.uses, ci?.needs], ['./.github/workflows/ci.yml', 'version']);
  assert.deepEqual(
    [build, publish, announce].map((job) => job?.needs),
    [
      ['version', 'ci'],
      ['version', 'build'],
      ['version', 'publish'],
    ],
  );
  assert.deepEqual(platforms, ['linux/amd64', 'linux/arm64']);
  assert.deepEqual([provenance, sbom], ['mode=max', true]);
  assert.equal(inputsOf(publish, 'actions/attest')['push-to-registry'], true);
});

test('a tag is released only as the version of package.json, and with its section in the changelog', async () => {
  const { version } = JSON.parse(await readText('package.json'));
  const isWritten = (await readText('CHANGELOG.md')).includes(`## [${version}]`);
  const release = (tag: string) =>
    spawnSync(path.join(ROOT, '.ci', 'release'), [tag, 'Owner/Name'], { encoding: 'utf8' });

  const other = release('v999.0.0');
  const own = release(`v${version}`);

  assert.deepEqual([other.status, other.stdout], [1, '']);
  assert.match(other.stderr, /the tag v999\.0\.0 is not version/);
  if (isWritten) assert.match(own.stdout, new RegExp(`^image=ghcr\\.io/owner/name\ntags=${version}( .*latest)?\n$`));
  else assert.deepEqual([own.status, own.stderr], [1, `CHANGELOG.md has no section [${version}]\n`]);
});

test('a correction of an older version does not take the names of a newer one', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'release-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await cp(path.join(ROOT, '.ci', 'release'), path.join(folder, '.ci', 'release'));
  const tagsOf = async (version: string, released: readonly string[]) => {
    await writeFile(path.join(folder, 'package.json'), JSON.stringify({ version }));
    await writeFile(path.join(folder, 'CHANGELOG.md'), `## [${version}]`);
    const words = [`v${version}`, 'Owner/Name', released.join('\n')];
    const { stdout } = spawnSync(path.join(folder, '.ci', 'release'), words, { encoding: 'utf8' });
    return /^tags=(.*)$/m.exec(stdout)?.[1];
  };

  const rows = [
    ['1.4.2', ['v1.4.1', 'v1.4.2', 'v1.3.9', 'v2.0.0-rc.1', 'nightly'], '1.4.2 1.4 1 latest'],
    ['1.4.2', ['v1.4.10'], '1.4.2'],
    ['1.4.2', ['v1.40.0'], '1.4.2 1.4'],
    ['1.4.2', ['v2.0.0', 'v14.0.0'], '1.4.2 1.4 1'],
    ['0.2.1', [], '0.2.1 0.2 latest'],
    ['2.0.0-rc.1', ['v1.4.2'], '2.0.0-rc.1'],
  ] as const;
  for (const [version, released, tags] of rows) assert.equal(await tagsOf(version, released), tags, version);
});

test('updates are looked for weekly, in groups, wherever versions stand', async () => {
  const { version, updates, 'multi-ecosystem-groups': shared } = parse(await readText('.github/dependabot.yml'));
  const keys = ['package-ecosystem', 'directory', 'directories', 'schedule', 'cooldown', 'groups', 'ignore'];
  const known = new Set([...keys, 'patterns', 'multi-ecosystem-group']);

  const looked = new Map<string, string[]>();
  for (const update of updates) {
    for (const key of Object.keys(update)) assert.ok(known.has(key), key);
    const group = update['multi-ecosystem-group'];
    const { interval } = (group === undefined ? update : shared[group]).schedule;
    assert.equal(interval, 'weekly');
    assert.ok(group === undefined ? Object.keys(update.groups).length > 0 : update.patterns.length > 0);
    looked.set(update['package-ecosystem'], update.directories ?? [update.directory]);
  }

  assert.equal(version, 2);
  assert.deepEqual(Object.fromEntries(looked), {
    npm: ['/', '/bench'],
    'github-actions': ['/'],
    docker: ['/'],
    'docker-compose': ['/'],
  });
});
