/**
 * .github: the workflows are without faults of syntax, pinned, and allowed no more than they need. That they run can only be
 * seen on GitHub.
 */
import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import * as path from 'node:path';
import { test } from 'node:test';
import { ROOT } from './files.ts';
import { findProblems, type Job, readJobs, readWorkflows, type Workflow } from './workflows.ts';

function jobsOf({ jobs }: Workflow): [string, Job][] {
  return Object.entries(jobs);
}

test("GitHub's language service finds nothing wrong in a workflow", async () => {
  const workflows = await readWorkflows();

  const problems = await Promise.all(workflows.map(({ name, text }) => findProblems(name, text)));

  assert.deepEqual(
    workflows.map(({ name }, index) => [name, problems[index]]),
    [
      ['ci.yml', []],
      ['release.yml', []],
    ],
  );
});

test('it does find an unknown permission, input, expression, job and key', async () => {
  const [, release] = await readWorkflows();
  const mistakes = [
    ['attestations: write', 'attestation: write'],
    ['push-to-registry: true', 'push-to-registri: true'],
    ['steps.image.outputs.digest', 'steps.images.outputs.digest'],
    ['needs: [version, ci]', 'needs: [version, cj]'],
    ['timeout-minutes: 5', 'timeout: 5'],
    ['uses: ./.github/workflows/ci.yml', 'uses: ./.github/workflows/other.yml'],
  ] as const;

  const found = await Promise.all(
    mistakes.map(([right, wrong], index) => {
      const text = release?.text.replace(right, wrong) ?? '';
      assert.notEqual(text, release?.text, right);
      return findProblems(`mistake-${index}.yml`, text);
    }),
  );

  for (const [index, problems] of found.entries()) assert.notDeepEqual(problems, [], mistakes[index]?.[1]);
});

test('every action is pinned by its commit, with the version beside it', async () => {
  for (const { name, text, ...workflow } of await readWorkflows()) {
    const steps = jobsOf({ name, text, ...workflow }).flatMap(([, { steps: all = [] }]) => all);
    const used = steps.flatMap(({ uses }) => (uses === undefined ? [] : [uses]));

    assert.ok(used.length > 0, name);
    for (const uses of used) {
      assert.match(uses, /^[a-z-]+\/[a-z-]+@[0-9a-f]{40}$/);
      assert.match(text, new RegExp(`uses: ${uses} # v\\d+\\.\\d+\\.\\d+\\n`), uses);
    }
  }
});

test('nothing is allowed by default, and each job has permissions and an end', async () => {
  for (const workflow of await readWorkflows()) {
    assert.deepEqual(workflow.permissions, {}, workflow.name);
    assert.deepEqual(workflow.defaults, { run: { shell: 'bash' } }, 'with pipefail');
    assert.ok(workflow.concurrency);
    for (const [name, job] of jobsOf(workflow)) {
      assert.ok(job.permissions !== undefined, `${name} has permissions`);
      // GitHub takes no timeout for a called workflow; its jobs have theirs.
      if (job.uses === undefined) assert.ok((job['timeout-minutes'] ?? 360) <= 45, `${name} has an end`);
    }
  }
  const writes = (await readWorkflows()).flatMap((workflow) =>
    jobsOf(workflow).map(([name, { permissions = {} }]) => [
      name,
      Object.keys(permissions).filter((scope) => permissions[scope] !== 'read'),
    ]),
  );
  assert.deepEqual(Object.fromEntries(writes), {
    check: [],
    deployment: [],
    version: [],
    ci: [],
    build: ['packages'],
    publish: ['packages', 'attestations', 'id-token'],
    announce: ['contents'],
  });
});

test('no secret is used but the token of the run, no checkout keeps it, and no text of strangers reaches a shell', async () => {
  for (const workflow of await readWorkflows()) {
    const secrets = [...workflow.text.matchAll(/\bsecrets\b[^ }]*/g)].map(([secret]) => secret);
    const steps = jobsOf(workflow).flatMap(([, { steps: all = [] }]) => all);

    assert.deepEqual(new Set(secrets), new Set(workflow.name === 'ci.yml' ? [] : ['secrets.GITHUB_TOKEN']));
    assert.ok(!('pull_request_target' in workflow.on) && !('workflow_run' in workflow.on));
    for (const { uses, run, with: inputs } of steps) {
      if (uses?.startsWith('actions/checkout@')) assert.equal(inputs?.['persist-credentials'], false);
      if (run !== undefined) assert.ok(!run.includes('${'.concat('{')), `an expression in ${run}`);
    }
  }
});

test('CI runs .ci/run on a bare Debian for each push and pull request, and the commands of the deployment page', async () => {
  const [{ on } = { on: {} }] = await readWorkflows();
  const { check, deployment } = await readJobs('ci.yml');

  const runs = [check, deployment].map((job) => job?.steps?.at(-1)?.run);

  assert.deepEqual(Object.keys(on), ['push', 'pull_request', 'schedule', 'workflow_call']);
  assert.match(check?.container?.image ?? '', /^debian:/);
  assert.deepEqual(runs, ['.ci/run', 'test/deploy/in-docker.sh']);
  for (const run of runs) await access(path.join(ROOT, run ?? ''), 1);
});
