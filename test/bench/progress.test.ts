/** On a terminal, progress is one line that is rewritten; elsewhere there are whole lines. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProgress, formatElapsed, statusLine } from '../../bench/progress.ts';

const ERASE = '\r\u001b[2K';
const LATENCY = { name: 'latency', summary: 'by rate', number: 2, of: 9 };

function setup({ isTerminal }: { isTerminal: boolean }) {
  const written: string[] = [];
  const clock = { ms: 0 };
  const ticks = new Set<() => void>();
  const progress = createProgress({
    isTerminal,
    columns: () => 60,
    write: (text) => void written.push(text),
    nowMs: () => clock.ms,
    everySecond(tick) {
      ticks.add(tick);
      return () => ticks.delete(tick);
    },
  });
  const tick = () => {
    for (const each of ticks) each();
  };
  return { progress, written, clock, ticks, tick };
}

test('without a terminal, each report is a line, and what is measured now is not shown', () => {
  const { progress, written, ticks } = setup({ isTerminal: false });

  const scenario = progress.begin(LATENCY);
  scenario.show('round 1 of 3: 50/s');
  scenario.report('round 1 of 3');
  scenario.end();
  progress.line('done');

  assert.deepEqual(written, ['latency: by rate …\n', '  round 1 of 3\n', 'done\n']);
  assert.equal(ticks.size, 0);
});

test('on a terminal, one line is rewritten with the scenario, what is measured now and the time', () => {
  const { progress, written, clock } = setup({ isTerminal: true });
  clock.ms = 60_000;

  const scenario = progress.begin(LATENCY);
  clock.ms = 67_000;
  scenario.show('round 1 of 3: 50/s');
  scenario.report('round 1 of 3');

  assert.deepEqual(written, [
    `${ERASE}2/9 latency · by rate · 0:00, in all 1:00`,
    `${ERASE}2/9 latency · round 1 of 3: 50/s · 0:07, in all 1:07`,
    `${ERASE}2/9 latency · round 1 of 3 · 0:07, in all 1:07`,
  ]);
});

test('on a terminal, the time goes on while nothing is told, until the scenario ends', () => {
  const { progress, written, clock, ticks, tick } = setup({ isTerminal: true });
  const scenario = progress.begin(LATENCY);

  clock.ms = 1_000;
  tick();
  clock.ms = 90_000;
  const tookMs = scenario.end();

  assert.deepEqual(written.slice(1), [
    `${ERASE}2/9 latency · by rate · 0:01, in all 0:01`,
    `${ERASE}2/9 latency: 1:30\n`,
  ]);
  assert.equal(tookMs, 90_000);
  assert.equal(ticks.size, 0);
});

test('a line that is too long for the terminal is cut in the middle, so that it does not wrap', () => {
  const line = { position: '2/9 latency', state: 'round 1 of 3: receiver', elapsed: '0:07' };

  assert.equal(statusLine(line, 44), '2/9 latency · round 1 of 3: receiver · 0:07');
  assert.equal(statusLine(line, 35), '2/9 latency · round 1 of 3… · 0:07');
  assert.equal(statusLine(line, 8), '2/9 lat');
  assert.equal(statusLine(line, 0), '');
});

test('elapsed time is minutes and seconds', () => {
  assert.deepEqual([0, 9_999, 760_000, 3_660_000].map(formatElapsed), ['0:00', '0:09', '12:40', '61:00']);
});
