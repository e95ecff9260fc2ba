/** A benchmark takes minutes: what it is asked for is refused before it starts, never misread. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
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
};

test('without arguments everything is measured with the defaults', () => {
  assert.deepEqual(parseArguments([], KNOWN), { outcome: 'asked', settings: DEFAULTS });
});

test('scenarios are named in any number, options stand where they like', () => {
  const asked = parseArguments(['out', '--rounds', '5', '--json', 'in', '--old=7', '--profile', 'here'], KNOWN);

  const settings = { ...DEFAULTS, names: ['out', 'in'], rounds: 5, json: true, old: 7, profile: 'here' };
  assert.deepEqual(asked, { outcome: 'asked', settings });
});

test('seconds and minutes are read each for itself', () => {
  const asked = parseArguments(['--seconds', '10', '--minutes', '2'], KNOWN);

  assert.deepEqual(asked, { outcome: 'asked', settings: { ...DEFAULTS, seconds: 10, minutes: 2 } });
});

test('an unknown scenario is refused with the names of those there are', () => {
  assert.deepEqual(parseArguments(['in', 'inn'], KNOWN), {
    outcome: 'refused',
    why: 'there is no scenario inn; there are in, out',
  });
});

for (const wrong of ['0', '00', '1.5', '-1', '1e3', 'many', '', '1234567890']) {
  test(`--rounds does not take ${JSON.stringify(wrong)}`, () => {
    const refusal = { outcome: 'refused', why: '--rounds takes a whole number above 0' };

    assert.deepEqual(parseArguments([`--rounds=${wrong}`], KNOWN), refusal);
  });
}

test('an unknown option and an option without its value are refused', () => {
  assert.equal(parseArguments(['--round', '3'], KNOWN).outcome, 'refused');
  assert.equal(parseArguments(['--profile'], KNOWN).outcome, 'refused');
});
