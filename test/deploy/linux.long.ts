/**
 * Every block of docs/linux.md runs in its order on this machine: real users, owners and modes, a real Postgres, a real
 * clone of a tag, in a namespace of its own. Stand-ins take the place of systemd and npm (linux-machine.ts).
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { appendFile, chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../harness/listen.ts';
import { IS_ROOT, makeFolder } from '../helpers/embedded.ts';
import { POSTGRES, startRealPostgres } from '../helpers/real-postgres.ts';
import { queryOnce } from '../helpers/service.ts';
import { skipWithout, TOOL_PATH } from '../helpers/tools.ts';
import { ROOT, readText } from './files.ts';
import { MACHINE, NPM, SYSTEMCTL } from './linux-machine.ts';

const UNSHARE = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
const tools = skipWithout([
  ...POSTGRES,
  { name: 'nginx', command: ['nginx', '-v'] },
  ...['git', 'curl', 'openssl', 'useradd'].map((name) => ({ name, command: [name, '--help'] })),
]);
/** A right of this process, and no tool: some containers let even root mount nothing. */
const OVERLAY =
  'mount -t tmpfs t /mnt && mkdir /mnt/u /mnt/w && mount -t overlay o -o lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w /etc';
const canMount = IS_ROOT && spawnSync('unshare', [...UNSHARE, 'sh', '-c', OVERLAY]).status === 0;
const skip = canMount ? tools : 'only root, and not in every container, may mount';

/** What an operator could look at after some of the blocks. */
const LOOKS: Readonly<Record<string, string>> = {
  Start: `stat -c '%U:%G %a %n' /etc/resurs-callback-receiver /etc/resurs-callback-receiver/.env /etc/resurs-callback-receiver/secrets/*
    stat -c 'runs as %U' /proc/$(cat "$STATE/pid")
    grep -E '^(CapBnd|NoNewPrivs)' /proc/$(cat "$STATE/pid")/status
    tr '\\0' ' ' < /proc/$(cat "$STATE/pid")/cmdline
    readlink /proc/$(cat "$STATE/pid")/exe`,
  Backup: 'stat -c "%a %n" /var/backups/receiver.dump',
  Uninstall:
    'ls -A /opt; ls -d /etc/resurs* /usr/local/bin/receiver 2>&1; id receiver 2>&1; grep -c service.stopped "$STATE/journal"',
};

/** A repository with the program as it is here under two tags; returns its commits. */
async function makeRepository(folder: string): Promise<readonly string[]> {
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@shop.example', ...words], {
      cwd: folder,
      encoding: 'utf8',
    }).trim();
  for (const name of ['package.json', 'package-lock.json', '.npmrc', 'bin', 'migrations', 'src', 'deploy'])
    await cp(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  git('init', '--quiet', '--initial-branch=main');
  const commits: string[] = [];
  for (const tag of ['v0.2.0', 'v0.2.1']) {
    await writeFile(path.join(folder, 'CHANGELOG.md'), tag);
    git('add', '--all');
    git('commit', '--quiet', `--message=${tag}`);
    git('tag', tag);
    commits.push(git('rev-parse', 'HEAD'));
  }
  return commits;
}

/** The sections of the page with their blocks, in order. */
async function readSections(): Promise<{ title: string; script: string }[]> {
  const sections = (await readText('docs/linux.md')).split(/^## /m).slice(1);
  return sections.map((text) => ({
    title: text.split('\n')[0] ?? '',
    script: [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block).join('\n'),
  }));
}

async function setup(t: TestContext) {
  const folder = await makeFolder(t);
  await chmod(folder, 0o755);
  const [state = '', repository = '', bin = ''] = ['state', 'repository', 'bin'].map((name) => path.join(folder, name));
  for (const name of [path.join(state, 'opt'), repository, bin]) await mkdir(name, { recursive: true });
  for (const [name, text] of [
    ['systemctl', SYSTEMCTL],
    ['npm', NPM],
  ] as const)
    await writeFile(path.join(bin, name), text, { mode: 0o755 });
  const postgres = await startRealPostgres(t, ['fsync = on']);
  await queryOnce(postgres.url.replace('/receiver?', '/postgres?'), 'drop database receiver');
  const replaced: readonly (readonly [string, string])[] = [
    ['https://git.example/resurs-callback-receiver.git', `file://${repository}`],
    ['127.0.0.1:5432', `127.0.0.1:${postgres.port}`],
    ['8080', String(await freePort())],
    ['8081', String(await freePort())],
  ];
  const env = {
    PATH: `${bin}:${TOOL_PATH}:${path.dirname(await psqlOf())}`,
    HOME: folder,
    ROOT,
    STATE: state,
    PGHOST: '127.0.0.1',
    PGPORT: String(postgres.port),
  };
  const commits = await makeRepository(repository);
  const run = async (script: string) => {
    const chosen = replaced.reduce((text, [from, to]) => text.replaceAll(from, to), script);
    const file = path.join(folder, 'page.sh');
    await appendFile(file, chosen);
    return promisify(execFile)('unshare', [...UNSHARE, 'bash', file], { cwd: folder, env }).catch(
      async (error: { stdout: string; stderr: string }) => {
        const journal = await readFile(path.join(state, 'journal'), 'utf8').catch(() => '');
        return assert.fail(`${error.stdout}${error.stderr}${journal}`);
      },
    );
  };
  return { commits, run };
}

async function psqlOf(): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', [
    '-c',
    'ls -d /usr/lib/postgresql/*/bin/psql | sort -V | tail -1',
  ]);
  return stdout.trim();
}

test('a plain machine runs, upgrades, rolls back and loses the receiver by the commands of the page', {
  skip,
}, async (t) => {
  const { commits, run } = await setup(t);
  const sections = await readSections();
  const parts = sections.map(
    ({ title, script }) => `report '${title}'\n${script}\n(set +e; ${LOOKS[title] ?? 'true'}; true)`,
  );

  const { stdout } = await run([MACHINE, ...parts].join('\n'));

  const outputs = new Map(stdout.split('\n== ').map((part) => [part.split('\n')[0], part]));
  const outputOf = (title: string) => outputs.get(title) ?? assert.fail(`${title} in ${stdout}`);
  assert.match(outputOf('Settings'), /PUBLIC_URL=https:\/\/callbacks\.shop\.example/);
  assert.match(outputOf('Start'), /\{"status":"ready"\}[\s\S]*✓ configuration[\s\S]*✓ schema/);
  for (const title of ['Start', 'Roll back'])
    assert.ok(outputOf(title).includes(`"revision":"${commits[0]}"`), outputOf(title));
  assert.ok(outputOf('Upgrade').includes(`"revision":"${commits[1]}"`), outputOf('Upgrade'));
  assert.match(outputOf('Start'), /"event":"service\.listening".*"revision":"[0-9a-f]{40}"/);
  assert.match(
    outputOf('Start'),
    /^root:receiver 750 .*receiver\nroot:receiver 640 .*\.env\n(?:root:receiver 640 .*secrets\/\w+\n){6}runs as receiver$/m,
  );
  assert.match(outputOf('Start'), /^CapBnd:\s+0+$/m);
  assert.match(outputOf('Start'), /^NoNewPrivs:\s+1$/m);
  assert.match(outputOf('Start'), /\/bin\/receiver\.cjs serve|\/src\/main\.ts serve/);
  assert.match(outputOf('Start'), /node_modules\/node-linux-\w+\/bin\/node$/m);
  assert.match(outputOf('Backup'), /^600 \/var\/backups\/receiver\.dump$/m);
  assert.match(outputOf('Uninstall'), /cannot access '\/etc\/resurs\*'[\s\S]*no such user[\s\S]*^3$/m);
});
