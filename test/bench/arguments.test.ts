/** A benchmark takes minutes: invalid arguments are refused before it starts. Pure. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import * as path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { type BenchSettings, parseArguments } from '../../bench/arguments.ts';

const KNOWN = ['in', 'out'];
const DEFAULTS: BenchSettings = {
  names: [],
  json: false,
  rounds: 3,
  seconds: 4,
  minutes: 1,
  old: 5_000_000,
  profile: null,
  rates: [50, 100, 200, 500, 1_000, 1_500, 2_000],
  svg: null,
  markdown: null,
};

test('without arguments everything is measured with the defaults', () => {
  assert.deepEqual(parseArguments([], KNOWN), { outcome: 'parsed', settings: DEFAULTS });
});

test('any number of scenarios may be named, and options may stand anywhere', () => {
  const parsed = parseArguments(['out', '--rounds', '5', '--json', 'in', '--old=7', '--profile', 'here'], KNOWN);

  const settings = { ...DEFAULTS, names: ['out', 'in'], rounds: 5, json: true, old: 7, profile: 'here' };
  assert.deepEqual(parsed, { outcome: 'parsed', settings });
});

test('seconds and minutes are parsed independently', () => {
  const parsed = parseArguments(['--seconds', '10', '--minutes', '2'], KNOWN);

  assert.deepEqual(parsed, { outcome: 'parsed', settings: { ...DEFAULTS, seconds: 10, minutes: 2 } });
});

test('the rates of the latency are a list in ascending order', () => {
  const parsed = parseArguments(['--rates', '500,50,200'], KNOWN);

  assert.deepEqual(parsed, { outcome: 'parsed', settings: { ...DEFAULTS, rates: [50, 200, 500] } });
});

for (const wrong of ['', '0', '200,', '200,,500', '1.5', '-1', '1000000']) {
  test(`--rates rejects ${JSON.stringify(wrong)}`, () => {
    const refusal = { outcome: 'invalid', reason: '--rates must be whole numbers above 0, separated by commas' };

    assert.deepEqual(parseArguments([`--rates=${wrong}`], KNOWN), refusal);
  });
}

test('a picture is drawn when its scenario is measured, alone or with all', () => {
  const known = [...KNOWN, 'latency'];
  const refusal = { outcome: 'invalid', reason: '--svg needs the scenario latency' };

  assert.deepEqual(parseArguments(['out', '--svg', 'a.svg'], known), refusal);
  assert.equal(parseArguments(['--svg', 'a.svg'], known).outcome, 'parsed');
  assert.equal(parseArguments(['latency', '--svg', 'a.svg'], known).outcome, 'parsed');
});

test('an unknown scenario is refused with the names of all scenarios', () => {
  assert.deepEqual(parseArguments(['in', 'inn'], KNOWN), {
    outcome: 'invalid',
    reason: 'unknown scenario inn; the scenarios are in, out',
  });
});

for (const wrong of ['0', '00', '1.5', '-1', '1e3', 'many', '', '1234567890']) {
  test(`--rounds rejects ${JSON.stringify(wrong)}`, () => {
    const refusal = { outcome: 'invalid', reason: '--rounds must be a whole number above 0' };

    assert.deepEqual(parseArguments([`--rounds=${wrong}`], KNOWN), refusal);
  });
}

test('an unknown option and an option without its value are refused', () => {
  assert.equal(parseArguments(['--round', '3'], KNOWN).outcome, 'invalid');
  assert.equal(parseArguments(['--profile'], KNOWN).outcome, 'invalid');
});

test('help is printed whatever else is asked for, and names every scenario and option', async () => {
  const main = path.join(import.meta.dirname, '..', '..', 'bench', 'main.ts');

  const { stdout } = await promisify(execFile)(process.execPath, [main, 'in', '--help']);

  assert.deepEqual(parseArguments(['nothing', '--help'], KNOWN), { outcome: 'help' });
  for (const word of ['in, out,', 'forgetting', ...Object.keys(DEFAULTS).filter((name) => name !== 'names')])
    assert.ok(stdout.includes(word), word);
});
