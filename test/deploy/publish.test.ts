/** .ci/publish: what a release does in a registry, which a folder of files stands in for. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { ROOT } from './files.ts';

/** Stands in for Docker with a registry: a folder with a file for each name, and the calls. */
const DOCKER = `#!/usr/bin/env bash
echo "$*" >>"$REGISTRY/calls"
name=$(tr /:@ ___ <<<"$4")
case $3 in
  inspect)
    [ ! -e "$REGISTRY/away" ] || { echo 'ERROR: 503 Service Unavailable' >&2; exit 1; }
    cat "$REGISTRY/$name" 2>/dev/null || { echo "ERROR: $4: not found" >&2; exit 1; } ;;
  create) cp "$REGISTRY/new" "$REGISTRY/ghcr.io_owner_name_1.2.3" ;;
esac
`;

/** Publishes version 1.2.3, built as the manifests `m1` and `m2`, in a registry that has these files. */
async function publish(t: TestContext, files: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(path.join(tmpdir(), 'release-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const index = (digest: string, ...manifests: string[]) =>
    JSON.stringify({ digest, manifests: manifests.map((manifest) => ({ digest: manifest })) });
  const all = {
    docker: DOCKER,
    'ghcr.io_owner_name_sha256_amd64': index('sha256:amd64', 'm1'),
    'ghcr.io_owner_name_sha256_arm64': index('sha256:arm64', 'm2'),
    new: index('sha256:new', 'm1', 'm2'),
    ...Object.fromEntries(
      Object.entries(files).map(([name, parts]) => [name, index('sha256:old', ...parts.split(' '))]),
    ),
  };
  for (const [name, text] of Object.entries(all)) await writeFile(path.join(folder, name), text);
  await chmod(path.join(folder, 'docker'), 0o755);
  const words = ['ghcr.io/owner/name', '1.2.3 1.2 latest', 'sha256:amd64', 'sha256:arm64'];
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, REGISTRY: folder };
  const { status, stdout, stderr } = spawnSync(path.join(ROOT, '.ci', 'publish'), words, { encoding: 'utf8', env });
  const calls = (await readFile(path.join(folder, 'calls'), 'utf8')).trim().split('\n');
  return { status, stdout, stderr, created: calls.filter((call) => call.startsWith('buildx imagetools create')) };
}

test('a version is published once: a second build of it is refused, a repeated step is not', async (t) => {
  const first = await publish(t, {});
  const repeated = await publish(t, { 'ghcr.io_owner_name_1.2.3': 'm2 m1' });
  const again = await publish(t, { 'ghcr.io_owner_name_1.2.3': 'm3 m4' });
  const unknown = await publish(t, { away: '' });

  const call = `buildx imagetools create${['1.2.3', '1.2', 'latest'].map((tag) => ` --tag ghcr.io/owner/name:${tag}`).join('')}`;
  const sources = ['amd64', 'arm64'].map((name) => ` ghcr.io/owner/name@sha256:${name}`).join('');
  for (const { status, stdout, created } of [first, repeated]) {
    assert.deepEqual([status, stdout, created], [0, 'digest=sha256:new\n', [`${call}${sources}`]]);
  }
  assert.deepEqual([again.status, again.stdout, again.created], [1, '', []]);
  assert.match(
    again.stderr,
    /^ghcr\.io\/owner\/name:1\.2\.3 is published, and not from this build\. Release a new version/,
  );
  assert.deepEqual([unknown.status, unknown.stderr, unknown.created], [1, 'ERROR: 503 Service Unavailable\n', []]);
});
