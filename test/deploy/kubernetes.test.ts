/**
 * deploy/kubernetes.yaml: each object fits the schema of its kind, with no field that the schema does not know; and what it says
 * agrees with the image, the settings and itself. A cluster would say most of this only when it is too late.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validate as validateDeployment } from 'kubernetes-models/_schemas/IoK8sApiAppsV1Deployment';
import { validate as validateConfigMap } from 'kubernetes-models/_schemas/IoK8sApiCoreV1ConfigMap';
import { validate as validateService } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Service';
import { validate as validateNetworkPolicy } from 'kubernetes-models/_schemas/IoK8sApiNetworkingV1NetworkPolicy';
import { validate as validateBudget } from 'kubernetes-models/_schemas/IoK8sApiPolicyV1PodDisruptionBudget';
import { loadConfig } from '../../src/config/load.ts';
import { isSettingName } from '../../src/config/settings.ts';
import { readManifests, readStages, readText } from './files.ts';

const VALIDATORS: Readonly<Record<string, (data: unknown) => boolean>> = {
  'v1 ConfigMap': validateConfigMap,
  'v1 Service': validateService,
  'apps/v1 Deployment': validateDeployment,
  'policy/v1 PodDisruptionBudget': validateBudget,
  'networking.k8s.io/v1 NetworkPolicy': validateNetworkPolicy,
};

interface Container {
  readonly name: string;
  readonly image: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly securityContext: unknown;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly: true }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
}

interface PodSpec {
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly terminationGracePeriodSeconds: number;
  readonly initContainers: readonly [Container];
  readonly containers: readonly [Container];
  readonly volumes: readonly { readonly name: string; readonly secret: { readonly secretName: string } }[];
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: { readonly template: { readonly spec: PodSpec } } & Readonly<Record<string, unknown>>;
}

async function setup() {
  const manifests = (await readManifests('deploy/kubernetes.yaml')) as Manifest[];
  const settings = manifests.find(({ kind }) => kind === 'ConfigMap')?.data ?? {};
  const deployment = manifests.find(({ kind }) => kind === 'Deployment');
  assert.ok(deployment !== undefined);
  const pod = deployment.spec.template.spec;
  return { manifests, settings, deployment, pod, receiver: pod.containers[0], migrate: pod.initContainers[0] };
}

/** Wraps `value`; `unread` lists every field until it is read. */
function watch(value: unknown, path: string, unread: Set<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const isList = Array.isArray(value);
  const fields = Object.entries(value).map(([key, field]) => {
    if (!isList) unread.add(`${path}.${key}`);
    return [key, watch(field, `${path}.${key}`, unread)] as const;
  });
  return new Proxy(isList ? fields.map(([, field]) => field) : Object.fromEntries(fields), {
    get(target, key) {
      unread.delete(`${path}.${String(key)}`);
      return Reflect.get(target, key);
    },
  });
}

test('each object fits the schema of its kind, and the schema knows every field', async () => {
  const { manifests } = await setup();

  for (const manifest of manifests) {
    const unread = new Set<string>();
    const validator = VALIDATORS[`${manifest.apiVersion} ${manifest.kind}`];
    assert.ok(validator?.(watch(manifest, manifest.kind, unread)), `${manifest.kind} fits its schema`);
    assert.deepEqual([...unread], []);
  }
  assert.deepEqual(
    manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`),
    [
      'ConfigMap receiver',
      'Deployment receiver',
      'Service receiver',
      'Service receiver-status',
      'PodDisruptionBudget receiver',
      'NetworkPolicy receiver',
    ],
  );
});

test('the settings are without faults, for the service and for its migration', async () => {
  const { settings, receiver, migrate } = await setup();
  const secret = (path: string) => {
    if (path.endsWith('DATABASE_URL')) return `postgres://user:secret@db.example/receiver?application_name=${path}`;
    return `whsec_${Buffer.from('twenty-four bytes of secret').toString('base64')}`;
  };

  const [service, migration] = [receiver, migrate].map(({ env }) =>
    loadConfig({ ...settings, ...Object.fromEntries(env.map(({ name, value }) => [name, value])) }, secret),
  );

  assert.ok(service?.outcome === 'loaded' && migration?.outcome === 'loaded', JSON.stringify([service, migration]));
  assert.deepEqual([service.config.MIGRATE_ON_START, service.config.MIGRATION_DATABASE_URL], [false, null]);
  assert.match(migration.config.MIGRATION_DATABASE_URL ?? '', /application_name=\/run\/secrets\/migration\//);
  for (const name of Object.keys(settings)) assert.ok(isSettingName(name), `${name} is a setting`);
});

test('secrets come as files from volumes, and only the migration sees its own', async () => {
  const { pod, receiver, migrate } = await setup();
  const volumes = new Map(pod.volumes.map(({ name, secret }) => [name, secret.secretName]));

  const mounted = [receiver, migrate].map(({ volumeMounts }) => volumeMounts.map(({ name }) => volumes.get(name)));

  assert.deepEqual(mounted, [['receiver'], ['receiver', 'receiver-migration']]);
  for (const { env, volumeMounts } of [receiver, migrate]) {
    for (const { name, value } of env) {
      assert.match(name, /_FILE$/);
      assert.ok(
        volumeMounts.some(({ mountPath }) => value === `${mountPath}/${name.replace(/_FILE$/, '')}`),
        name,
      );
    }
  }
});

test('pods run locked down, as the user of the image', async () => {
  const { pod, receiver, migrate } = await setup();
  const [, image = []] = await readStages();
  const [uid, gid] = (image.find(({ name }) => name === 'USER')?.value ?? '').split(':').map(Number);

  const { runAsNonRoot, runAsUser, runAsGroup, seccompProfile } = pod.securityContext;

  assert.deepEqual([runAsNonRoot, runAsUser, runAsGroup, seccompProfile], [true, uid, gid, { type: 'RuntimeDefault' }]);
  for (const { securityContext } of [receiver, migrate]) {
    assert.deepEqual(securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  }
});

test('ports, versions and times agree', async () => {
  const { settings, pod, receiver, migrate } = await setup();
  const { version } = JSON.parse(await readText('package.json'));

  const ports = Object.fromEntries((receiver.ports ?? []).map(({ name, containerPort }) => [name, containerPort]));
  const stopMs = Number(settings.SHUTDOWN_TIMEOUT_MS) + (receiver.lifecycle?.preStop.sleep.seconds ?? 0) * 1000;

  assert.deepEqual(ports, { callbacks: Number(settings.PORT), status: Number(settings.STATUS_PORT) });
  assert.deepEqual([receiver.image, migrate.image], [`resurs-callback-receiver:${version}`, receiver.image]);
  assert.ok(pod.terminationGracePeriodSeconds * 1000 >= stopMs + 5_000);
});
