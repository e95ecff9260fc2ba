/**
 * docker-compose.yml against the table of settings: everything an operator may write into .env arrives, secrets as files, and
 * `cp .env.example .env && docker compose up` finds all it asks for. The file itself is judged, without an engine.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSettingName, SETTING_NAMES, settingOf } from '../../src/config/settings.ts';
import { loadReceiver, readCompose } from './compose.ts';
import { readEnvExample, readText } from './files.ts';

/** Compose decides these: the inside of a container is none of an operator's business. */
const DECIDED = ['HOST', 'DATA_DIR'];

test('every setting reaches the receiver: a plain one under its name, a secret one as a file', async () => {
  const { services, secrets } = await readCompose();
  const { environment = {}, secrets: wired = [] } = services.receiver ?? {};
  const reachable = SETTING_NAMES.filter((name) => !DECIDED.includes(name));

  const expected = reachable.map((name) => (settingOf(name).secret ? `${name}_FILE` : name));
  const secretNames = reachable.filter((name) => settingOf(name).secret && name !== 'DATABASE_URL');

  assert.deepEqual(Object.keys(environment).sort(), expected.sort());
  assert.deepEqual([...wired].sort(), secretNames.sort());
  for (const name of secretNames) {
    assert.deepEqual(secrets[name], { environment: name });
    // An empty secret is an unset one: no file is named then.
    assert.equal(environment[`${name}_FILE`], ['$', `{${name}:+/run/secrets/${name}}`].join(''));
  }
});

test('.env.example names every secret that compose asks for', async () => {
  const { secrets } = await readCompose();
  const example = await readEnvExample();

  const missing = Object.values(secrets).filter(({ environment }) => !example.has(environment));

  assert.deepEqual(missing, []);
});

test('a copy of .env.example gives a configuration without faults, with a warning for each sample secret', async () => {
  const loaded = await loadReceiver(await readEnvExample());

  assert.ok(loaded.outcome === 'loaded', JSON.stringify(loaded));
  assert.deepEqual([loaded.config.STATUS_PORT, loaded.config.STATUS_PAGE], [8081, 'auto']);
  assert.match(loaded.config.DATABASE_URL ?? '', /^postgres:\/\/receiver:[^@]+@postgres:5432\/receiver$/);
  const samples = loaded.warnings.filter((warning) => warning.includes('is a sample'));
  assert.deepEqual(
    samples.map((warning) => warning.split(' ')[0]),
    ['DATABASE_URL', 'DIGEST_KEY', 'WEBHOOK_SECRET', 'STATUS_TOKEN'],
  );
});

test('what an operator writes into .env is in effect', async () => {
  const database = 'postgres://user:secret@db.example/receiver';
  const written = Object.entries({ DATABASE_URL: database, TRUST_PROXY: '10.0.0.7', DIGEST_SALT: 'a salt' });

  const loaded = await loadReceiver(new Map([...(await readEnvExample()), ...written]));

  assert.ok(loaded.outcome === 'loaded', JSON.stringify(loaded));
  const { DATABASE_URL, TRUST_PROXY, DIGEST_SALT } = loaded.config;
  assert.deepEqual([DATABASE_URL, TRUST_PROXY, DIGEST_SALT], [database, ['10.0.0.7'], 'a salt']);
});

test('the commit in REVISION is built into the image, and without it the build names none', async () => {
  const example = await readEnvExample();

  const [named, unnamed] = await Promise.all([
    readCompose(new Map([...example, ['REVISION', 'f48820e50427c19e1065d5ff068754b6da359633']])),
    readCompose(example),
  ]);

  const args = [named, unnamed].map(({ services }) => services.receiver?.build?.args);
  assert.deepEqual(args, [{ REVISION: 'f48820e50427c19e1065d5ff068754b6da359633' }, { REVISION: '' }]);
  assert.match(await readText('Dockerfile'), /^ARG REVISION=""$/m);
  const page = await readText('docs/deployment.md');
  // Before the first build, and before that of an update.
  assert.equal(page.match(/^export REVISION=\$\(git rev-parse HEAD\)$/gm)?.length, 2);
});

test('without .env compose says what to do', async () => {
  await assert.rejects(readCompose(new Map()), /POSTGRES_PASSWORD is missing/);
});

test('variables of .env.example that are no settings are those of compose', async () => {
  const compose = await readText('docker-compose.yml');
  const all = [...(await readText('.env.example')).matchAll(/^#?([A-Z_]+)=/gm)].map(([, name = '']) => name);

  const others = all.filter((name) => !isSettingName(name));

  // Compose reads its own variables itself.
  const read = others.filter((name) => !name.startsWith('COMPOSE_'));
  assert.equal(read.length, others.length - 1);
  for (const name of read) assert.ok(compose.includes(`{${name}:`), name);
});
