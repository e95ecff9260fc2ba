/** `npm run bench -- [idle] [forgetting]`: measures and prints tables; with --json one JSON document on stdout instead. */
import { availableParallelism, cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { tableLines } from '../src/commands/table.ts';
import { type ForgettingFigures, measureForgetting } from './forgetting.ts';
import { type IdleFigures, measureIdle } from './idle.ts';

const options = { json: { type: 'boolean', default: false } } as const;
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const isAsked = (name: string) => positionals.length === 0 || positionals.includes(name);
const say = (line: string) => process.stderr.write(`${line}\n`);
const print = (line: string) => process.stdout.write(`${line}\n`);

const machine = {
  cores: availableParallelism(),
  cpu: cpus()[0]?.model ?? 'unknown',
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
};
if (isAsked('idle')) say('idle: from the 204 to the merchant, one callback at a time …');
const idle = isAsked('idle') ? await measureIdle(say) : null;
if (isAsked('forgetting')) say('forgetting: callbacks beside the removal of old events …');
const forgetting = isAsked('forgetting') ? await measureForgetting(say) : null;

if (values.json) {
  print(JSON.stringify({ machine, idle, forgetting }, null, 2));
} else {
  const { cores, cpu, memoryGiB, node } = machine;
  print(`${cores} cores (${cpu}), ${memoryGiB} GiB, Node ${node}, everything on one machine`);
  if (idle !== null) printIdle(idle);
  if (forgetting !== null) printForgetting(forgetting);
}

function printIdle(figures: IdleFigures): void {
  const ms = (value: number) => `${value.toFixed(2)} ms`;
  const names = {
    sameReplica: '204 → merchant, same replica',
    otherReplica: '204 → merchant, another replica',
    answer: 'callback → 204',
    bareRequest: 'bare request to the merchant',
  } as const;
  const rows = (['sameReplica', 'otherReplica', 'answer', 'bareRequest'] as const).map((name) => {
    const { median, p99, max } = figures[name];
    return [names[name], ms(median), ms(p99), ms(max), (median / figures.bareRequest.median).toFixed(1)];
  });
  for (const line of tableLines(['Idle', 'Median', 'p99', 'Max', '÷ bare request'], rows)) print(line);
}

function printForgetting({ before, during, after, oldEvents, forgottenPerSecond }: ForgettingFigures): void {
  const rows = (
    [
      ['before', before],
      ['while they are removed', during],
      ['after', after],
    ] as const
  ).map(([name, phase]) => [
    name,
    (phase.callbacksPerSecond / before.callbacksPerSecond).toFixed(2),
    (phase.answer.p99 / before.answer.p99).toFixed(2),
    String(phase.refused),
  ]);
  const titles = [`${oldEvents} old events`, 'Callbacks ÷ before', 'p99 ÷ before', 'Not 204'];
  for (const line of tableLines(titles, rows)) print(line);
  print(
    `Before: ${before.callbacksPerSecond.toFixed(0)} callbacks/s; removed: ${forgottenPerSecond.toFixed(0)} events/s.`,
  );
}
