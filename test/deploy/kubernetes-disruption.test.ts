/** deploy/kubernetes.yaml: what goes on while pods are replaced and nodes are drained. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readManifests } from './files.ts';

interface Manifest {
  readonly kind: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

test('a pod is there while others are replaced or drained, and pods that are not ready hold up no drain', async () => {
  const manifests = (await readManifests('deploy/kubernetes.yaml')) as Manifest[];
  const specOf = (kind: string) => manifests.find((manifest) => manifest.kind === kind)?.spec;

  const [deployment, budget] = [specOf('Deployment'), specOf('PodDisruptionBudget')];

  const gradual = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  assert.deepEqual([deployment?.replicas, deployment?.strategy], [2, gradual]);
  assert.deepEqual([budget?.maxUnavailable, budget?.unhealthyPodEvictionPolicy], [1, 'AlwaysAllow']);
});
