/** `npm run bench -- [scenario …] [options]`: measures and prints tables; with --json one JSON document on stdout instead. */
import { styleText } from 'node:util';
import { tableLines } from '../src/commands/table.ts';
import { readArguments } from './arguments.ts';
import { inScenario } from './in.ts';
import { machineLine, readMachine } from './machine.ts';
import { anyScenario, type Outcome, type Verdict } from './scenario.ts';

const SCENARIOS = [anyScenario(inScenario)];

const say = (line: string) => process.stderr.write(`${line}\n`);
const print = (line: string) => process.stdout.write(`${line}\n`);

process.exitCode = await main();

async function main(): Promise<number> {
  const names = SCENARIOS.map(({ name }) => name);
  const asked = readArguments(process.argv.slice(2), names);
  if (asked.outcome === 'refused') {
    say(`${asked.why}\nOptions: --json --rounds N --seconds N --minutes N --old N --profile FOLDER`);
    return 64;
  }
  const { settings } = asked;
  const machine = readMachine();
  const outcomes = new Map<string, Outcome>();
  for (const { name, summary, run } of SCENARIOS) {
    if (settings.names.length > 0 && !settings.names.includes(name)) continue;
    say(`${name}: ${summary} …`);
    outcomes.set(name, await run({ settings, report: (line) => say(`  ${line}`) }));
  }
  const verdicts = [...outcomes.values()].flatMap((outcome) => outcome.verdicts);
  if (settings.json) {
    const figures = Object.fromEntries([...outcomes].map(([name, outcome]) => [name, outcome.figures]));
    print(JSON.stringify({ machine, settings, figures, verdicts }, null, 2));
    return 0;
  }
  print(machineLine(machine));
  for (const { lines } of outcomes.values()) for (const line of ['', ...lines]) print(line);
  for (const line of ['', ...verdictLines(verdicts)]) print(line);
  return 0;
}

function verdictLines(verdicts: readonly Verdict[]): string[] {
  const met = (verdict: Verdict) => {
    if (verdict.met === null) return '';
    return verdict.met ? styleText('green', 'yes') : styleText('red', 'no');
  };
  const rows = verdicts.map((verdict) => [verdict.figure, verdict.ours, verdict.peers, verdict.aim, met(verdict)]);
  return tableLines(['Figure', 'Ours', 'Peers', 'Aim', 'Met'], rows);
}
