/**
 * The profile prometheus of docker-compose.yml: it asks the right port with the right token, and the alert rules speak of the job
 * under which it does. A rule on a misspelt name never fires, and nothing else shows it.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { PROMTOOL, skipWithout } from '../helpers/tools.ts';
import { readCompose } from './compose.ts';
import { ROOT, readText } from './files.ts';

interface Prometheus {
  readonly rule_files: readonly string[];
  readonly scrape_configs: readonly {
    readonly job_name: string;
    readonly authorization: { readonly credentials_file: string };
    readonly dns_sd_configs: readonly {
      readonly names: readonly string[];
      readonly type: string;
      readonly port: number;
    }[];
  }[];
}

interface Alerts {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}

async function setup() {
  const prometheus: Prometheus = parse(await readText('deploy/prometheus.yml'));
  const [job] = prometheus.scrape_configs;
  assert.ok(job !== undefined);
  const { services } = await readCompose();
  return { prometheus, job, services };
}

test('each receiver is asked on its status port, with its token', async () => {
  const { job, services } = await setup();

  const [source] = job.dns_sd_configs;

  assert.deepEqual(source?.names, ['receiver']);
  assert.ok('receiver' in services);
  assert.equal(String(source?.port), services.receiver?.environment?.STATUS_PORT);
  assert.equal(job.authorization.credentials_file, '/run/secrets/STATUS_TOKEN');
  assert.deepEqual(services.prometheus?.secrets, ['STATUS_TOKEN']);
});

test('its settings and the alert rules are mounted where it looks for them', async () => {
  const { prometheus, services } = await setup();
  const [rules] = prometheus.rule_files;

  const mounts = services.prometheus?.volumes ?? [];

  assert.ok(mounts.includes('./deploy/prometheus.yml:/etc/prometheus/prometheus.yml:ro'));
  assert.ok(mounts.includes(`./docs/alerts.yml:${rules}:ro`));
});

test('the alert rules name the job and no other one', async () => {
  const { job } = await setup();
  const alerts: Alerts = parse(await readText('docs/alerts.yml'));

  const named = alerts.groups
    .flatMap(({ rules }) => rules)
    .flatMap(({ expr }) => [...expr.matchAll(/job="([^"]*)"/g)].map(([, name]) => name));

  assert.ok(named.length >= 2);
  assert.deepEqual([...new Set(named)], [job.job_name]);
});

const skip = skipWithout(PROMTOOL);

test('Prometheus itself finds no fault in the alert rules', { skip }, () => {
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', path.join(ROOT, 'docs', 'alerts.yml')]);

  assert.equal(status, 0, `${stdout}${stderr}`);
});
