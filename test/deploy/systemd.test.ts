/**
 * deploy/resurs-callback-receiver.service is a unit that systemd understands and holds to be well confined, and agrees with
 * the program: exit codes, time to stop, environment, files. test/deploy/linux.long.ts starts what it names.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { test } from 'node:test';
import { EXIT } from '../../src/commands/command.ts';
import { settingOf } from '../../src/config/settings.ts';
import { IMAGE_ENV } from '../harness/image-entrypoint.ts';
import { ROOT, readText } from './files.ts';

const UNIT = 'deploy/resurs-callback-receiver.service';
/** Packages of a test machine need not have it, and CI does not install it. */
const skip = spawnSync('systemd-analyze', ['--version']).status === 0 ? false : 'systemd-analyze is not installed';

async function readUnit(): Promise<Map<string, string>> {
  const lines = (await readText(UNIT)).matchAll(/^(\w+)=(.*)$/gm);
  const values = new Map<string, string>();
  for (const [, name = '', value = ''] of lines) values.set(name, [values.get(name), value].filter(Boolean).join(' '));
  return values;
}

test('systemd finds no fault in the unit', { skip }, () => {
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', path.join(ROOT, UNIT)], { encoding: 'utf8' });

  assert.deepEqual([status, stderr], [0, '']);
});

test('systemd holds the service to be well confined', { skip }, () => {
  // 0 to 100; a unit without any limit has 96.
  const words = ['security', '--offline=true', '--threshold=20', path.join(ROOT, UNIT)];

  const { status, stdout } = spawnSync('systemd-analyze', words, { encoding: 'utf8' });

  assert.equal(status, 0, stdout);
});

test('the unit knows the exit codes, the time to stop and the environment of the program', async () => {
  const unit = await readUnit();

  const final = (unit.get('RestartPreventExitStatus') ?? '').split(' ').map(Number);
  assert.deepEqual(final, [EXIT.usage, 69, EXIT.config]);
  assert.ok(Number(unit.get('TimeoutStopSec')) * 1_000 > Number(settingOf('SHUTDOWN_TIMEOUT_MS').defaultText));
  for (const [name, value] of Object.entries(IMAGE_ENV))
    assert.ok(unit.get('Environment')?.includes(`${name}=${value}`), name);
});

test('the unit and the command take the same user, settings, program and Node', async () => {
  const unit = await readUnit();
  const command = (await readText('deploy/receiver')).replaceAll('$program', '/opt/resurs-callback-receiver/current');

  const [, nodes = ''] = /\bPATH=(\S+)/.exec(unit.get('Environment') ?? '') ?? [];
  assert.ok(command.includes(`PATH="${nodes}"`));
  assert.ok(
    command.includes(`--user ${unit.get('User')} `) && command.includes(`cd ${unit.get('WorkingDirectory')}\n`),
  );
  const [, program = ''] = /node (\S+) serve/.exec(unit.get('ExecStart') ?? '') ?? [];
  assert.ok(command.includes(`node "${program}" "$@"`), program);
});
