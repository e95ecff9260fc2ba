/** `npm run bench`: measures and prints a table; with --json one JSON document on stdout instead. */
import { availableParallelism, cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { tableLines } from '../src/commands/table.ts';
import { measureIdle } from './idle.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const say = (line: string) => process.stderr.write(`${line}\n`);
const print = (line: string) => process.stdout.write(`${line}\n`);

const machine = {
  cores: availableParallelism(),
  cpu: cpus()[0]?.model ?? 'unknown',
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
};
say('idle: 204 to the merchant, one callback at a time …');
const idle = await measureIdle(say);

if (values.json) {
  print(JSON.stringify({ machine, idle }, null, 2));
} else {
  const figure = (ms: number) => `${ms.toFixed(2)} ms`;
  const ratio = (ms: number) => (ms / idle.bareRequest.median).toFixed(1);
  const names = {
    sameReplica: '204 → merchant, same replica',
    otherReplica: '204 → merchant, another replica',
    answer: 'callback → 204',
    bareRequest: 'bare request to the merchant',
  } as const;
  const rows = (['sameReplica', 'otherReplica', 'answer', 'bareRequest'] as const).map((name) => {
    const { median, p99, max } = idle[name];
    return [names[name], figure(median), figure(p99), figure(max), ratio(median)];
  });
  print(
    `${machine.cores} cores (${machine.cpu}), ${machine.memoryGiB} GiB, Node ${machine.node}, everything on one machine`,
  );
  for (const line of tableLines(['Idle', 'Median', 'p99', 'Max', '÷ bare request'], rows)) print(line);
}
