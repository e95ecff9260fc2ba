/** `npm run bench -- [scenario …] [options]`: measures and prints tables; with --json one JSON document on stdout instead. */
import { styleText } from 'node:util';
import { formatTable } from '../src/lib/text-table.ts';
import { readArguments, type Settings } from './arguments.ts';
import { machineLine, readMachine } from './machine.ts';
import { anyScenario, type Outcome, type Verdict } from './scenario.ts';
import { backlogScenario } from './scenarios/backlog.ts';
import { throughScenario } from './scenarios/end-to-end.ts';
import { footprintScenario } from './scenarios/footprint.ts';
import { growthScenario } from './scenarios/growth.ts';
import { inScenario } from './scenarios/inbound.ts';
import { paceScenario } from './scenarios/latency-at-rate.ts';
import { idleScenario } from './scenarios/latency-idle.ts';
import { outScenario } from './scenarios/outbound.ts';
import { replicasScenario } from './scenarios/replicas.ts';
import { forgettingScenario } from './scenarios/retention.ts';

const SCENARIOS = [
  anyScenario(inScenario),
  anyScenario(outScenario),
  anyScenario(throughScenario),
  anyScenario(idleScenario),
  anyScenario(paceScenario),
  anyScenario(backlogScenario),
  anyScenario(footprintScenario),
  anyScenario(replicasScenario),
  anyScenario(growthScenario),
  anyScenario(forgettingScenario),
];

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
  let hasFailed = false;
  for (const scenario of SCENARIOS) {
    const { name, summary } = scenario;
    if (settings.names.length > 0 && !settings.names.includes(name)) continue;
    say(`${name}: ${summary} …`);
    try {
      outcomes.set(name, await scenario.run({ settings, report: (line) => say(`  ${line}`) }));
    } catch (error) {
      // The figures of the others took minutes; they are worth as much as before.
      hasFailed = true;
      say(`${name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
  const verdicts = [...outcomes.values()].flatMap((outcome) => outcome.verdicts);
  if (settings.json) {
    const figures = Object.fromEntries([...outcomes].map(([name, outcome]) => [name, outcome.figures]));
    print(JSON.stringify({ machine, settings, figures, verdicts }, null, 2));
    return hasFailed ? 1 : 0;
  }
  print(machineLine(machine));
  print(settingsLine(settings));
  for (const { lines } of outcomes.values()) for (const line of ['', ...lines]) print(line);
  for (const line of ['', ...verdictLines(verdicts)]) print(line);
  return hasFailed ? 1 : 0;
}

function settingsLine({ rounds, seconds, minutes, old, profile }: Settings): string {
  const profiled = profile === null ? '' : '; receivers are profiled, which slows them';
  return `${rounds} rounds of ${seconds} s, memory under load for ${minutes} min, up to ${old} old events${profiled}`;
}

function verdictLines(verdicts: readonly Verdict[]): string[] {
  const met = (verdict: Verdict) => {
    if (verdict.met === null) return '';
    return verdict.met ? styleText('green', 'yes') : styleText('red', 'no');
  };
  const rows = verdicts.map((verdict) => [verdict.figure, verdict.ours, verdict.peers, verdict.aim, met(verdict)]);
  return formatTable(['Figure', 'Ours', 'Beside', 'Aim', 'Met'], rows);
}
