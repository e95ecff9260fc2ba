/**
 * deploy/kubernetes.yaml, between pods: services and policy name ports that the container has, each port is for those alone who
 * need it, and probes ask where the program answers.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readManifests } from './files.ts';

interface Port {
  readonly name?: string;
  readonly port: string | number;
  readonly protocol?: string;
  readonly targetPort?: string;
}

interface Peer {
  readonly namespaceSelector: { readonly matchLabels: Readonly<Record<string, string>> };
}

interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports: readonly Port[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly template?: { readonly metadata: { readonly labels: unknown }; readonly spec: PodSpec };
    readonly podSelector?: { readonly matchLabels: unknown };
    readonly selector?: unknown;
    readonly policyTypes?: readonly string[];
    readonly ingress?: readonly Rule[];
    readonly egress?: readonly Rule[];
    readonly ports?: readonly Port[];
    readonly maxUnavailable?: number;
    readonly replicas?: number;
  };
}

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface PodSpec {
  readonly containers: readonly [
    {
      readonly ports: readonly { readonly name: string }[];
      readonly livenessProbe: Probe;
      readonly readinessProbe: Probe;
    },
  ];
}

async function setup() {
  const manifests = (await readManifests('deploy/kubernetes.yaml')) as Manifest[];
  const specsOf = (kind: string) => manifests.filter((each) => each.kind === kind).map(({ spec }) => spec);
  const [deployment] = specsOf('Deployment');
  const [policy] = specsOf('NetworkPolicy');
  assert.ok(deployment?.template !== undefined && policy !== undefined);
  return { specsOf, deployment, policy, pod: deployment.template };
}

function namesOf(peers: readonly Peer[] = []): (string | undefined)[] {
  return peers.map(({ namespaceSelector }) => namespaceSelector.matchLabels['kubernetes.io/metadata.name']);
}

test('callbacks come from the ingress alone, and the status port is for Prometheus and the shop', async () => {
  const { policy, pod } = await setup();

  const allowed = policy.ingress?.map(({ from, ports }) => [ports.map(({ port }) => port), namesOf(from)]);

  assert.deepEqual(policy.podSelector?.matchLabels, pod.metadata.labels);
  assert.deepEqual(policy.policyTypes, ['Ingress', 'Egress']);
  assert.deepEqual(allowed, [
    [['callbacks'], ['ingress-nginx']],
    [['status'], ['monitoring', 'shop']],
  ]);
});

test('the receiver reaches names, Postgres and https, and nothing else', async () => {
  const { policy } = await setup();

  const allowed = policy.egress?.map(({ to, ports }) => [
    namesOf(to),
    ports.map(({ port, protocol = 'TCP' }) => `${port} ${protocol}`),
  ]);

  assert.deepEqual(allowed, [
    [['kube-system'], ['53 UDP', '53 TCP']],
    [[], ['5432 TCP', '443 TCP']],
  ]);
});

test('each port has a service of its own, and one replica at a time may be away', async () => {
  const { specsOf, pod, deployment } = await setup();
  const ports = pod.spec.containers[0].ports.map(({ name }) => name);

  const services = specsOf('Service').map(({ ports: all = [] }) => all.map(({ targetPort }) => targetPort));
  const [budget] = specsOf('PodDisruptionBudget');

  assert.deepEqual(ports, ['callbacks', 'status']);
  assert.deepEqual(services, [['callbacks'], ['status']]);
  assert.deepEqual([deployment.replicas, budget?.maxUnavailable], [2, 1]);
});

test('a pod is restarted when the program is dead, and passed over while it is not ready', async () => {
  const { pod } = await setup();
  const [{ livenessProbe, readinessProbe }] = pod.spec.containers;

  // What depends on the database must not restart the program; with a port of its own /readyz is there only.
  assert.deepEqual(livenessProbe.httpGet, { path: '/healthz', port: 'callbacks' });
  assert.deepEqual(readinessProbe.httpGet, { path: '/readyz', port: 'status' });
});
