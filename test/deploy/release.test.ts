/**
 * What a tag releases, and how versions of others come in: .github/workflows/release.yml with .ci/release, and
 * .github/dependabot.yml.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { ROOT, readText } from './files.ts';
import { type Job, readJobs } from './workflows.ts';

test('a release is checked first, built on two platforms with provenance and a list of parts, and attested', async () => {
  const { ci, build, publish } = await readJobs('release.yml');
  const inputsOf = (job: Job | undefined, action: string) => {
    const step = job?.steps?.find(({ uses }) => uses?.startsWith(`${action}@`));
    return step?.with ?? {};
  };

  const { provenance, sbom } = inputsOf(build, 'docker/build-push-action');
  const platforms = build?.strategy?.matrix.include.map(({ platform }) => platform);

  assert.deepEqual([ci?.uses, ci?.needs], ['./.github/workflows/ci.yml', 'version']);
  assert.deepEqual(
    [build?.needs, publish?.needs],
    [
      ['version', 'ci'],
      ['version', 'build'],
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
