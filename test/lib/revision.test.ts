/**
 * The commit in the log and in `GET /status` is the one that runs: that of the image, or what a real git has checked out.
 * Where nothing tells it, it is null, and nothing fails.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { readRevision } from '../../src/lib/revision.ts';
import { makeFolder } from '../helpers/embedded.ts';
import { skipWithout } from '../helpers/tools.ts';

const skip = skipWithout([{ name: 'git', command: ['git', '--version'] }]);

/** Makes a repository with one commit on the branch main. */
async function setup(t: TestContext) {
  const root = path.join(await makeFolder(t), 'program');
  const git = (...words: string[]) => {
    const author = ['-c', 'user.name=t', '-c', 'user.email=t@shop.example'];
    const env = { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
    return execFileSync('git', [...author, ...words], { cwd: root, env, encoding: 'utf8' }).trim();
  };
  await mkdir(root);
  git('init', '--quiet', '--initial-branch=main');
  git('commit', '--quiet', '--allow-empty', '--message=first');
  return { root, git, commit: git('rev-parse', 'HEAD') };
}

test('a checkout tells its commit: on a branch, on a packed branch, on a tag and in a worktree', {
  skip,
}, async (t) => {
  const { root, git, commit } = await setup(t);

  const onBranch = readRevision({ env: {}, root });
  git('pack-refs', '--all');
  const packed = readRevision({ env: {}, root });
  git('worktree', 'add', '--quiet', '-b', 'other', '../worktree');
  const inWorktree = readRevision({ env: {}, root: path.join(root, '..', 'worktree') });
  git('tag', 'v1');
  git('checkout', '--quiet', 'v1');
  const onTag = readRevision({ env: {}, root });

  assert.deepEqual([onBranch, packed, inWorktree, onTag], [commit, commit, commit, commit]);
});

test('what the image says comes first', { skip }, async (t) => {
  const { root, commit } = await setup(t);

  assert.equal(readRevision({ env: { RECEIVER_REVISION: 'abc' }, root }), 'abc');
  assert.equal(readRevision({ env: { RECEIVER_REVISION: '' }, root }), commit, 'an empty value is none');
});

test('without a checkout, or with a broken one, the revision is null', async (t) => {
  const root = await makeFolder(t);

  const without = readRevision({ env: {}, root });
  await mkdir(path.join(root, '.git'));
  await writeFile(path.join(root, '.git', 'HEAD'), 'ref: refs/heads/main\n');
  const unborn = readRevision({ env: {}, root });
  await writeFile(path.join(root, '.git', 'HEAD'), 'nonsense\n');

  assert.deepEqual([without, unborn, readRevision({ env: {}, root })], [null, null, null]);
});
