/**
 * `npm run bench -- [scenario …] [options]`: measures and prints tables, or with --json one JSON document on stdout.
 */
import { styleText } from 'node:util';
import { formatTable } from '../src/lib/text-table.ts';
import { dropPostgresVariables } from '../test/harness/postgres-variables.ts';
import { type BenchSettings, parseArguments } from './arguments.ts';
import { formatMachine, readMachine } from './machine.ts';
import { eraseScenarioType, type Outcome, type Verdict } from './scenario.ts';
import { backlogScenario } from './scenarios/backlog.ts';
import { endToEndScenario } from './scenarios/end-to-end.ts';
import { footprintScenario } from './scenarios/footprint.ts';
import { growthScenario } from './scenarios/growth.ts';
import { inboundScenario } from './scenarios/inbound.ts';
import { latencyAtRateScenario } from './scenarios/latency-at-rate.ts';
import { latencyIdleScenario } from './scenarios/latency-idle.ts';
import { outboundScenario } from './scenarios/outbound.ts';
import { replicasScenario } from './scenarios/replicas.ts';
import { retentionScenario } from './scenarios/retention.ts';

const SCENARIOS = [
  eraseScenarioType(inboundScenario),
  eraseScenarioType(outboundScenario),
  eraseScenarioType(endToEndScenario),
  eraseScenarioType(latencyIdleScenario),
  eraseScenarioType(latencyAtRateScenario),
  eraseScenarioType(backlogScenario),
  eraseScenarioType(footprintScenario),
  eraseScenarioType(replicasScenario),
  eraseScenarioType(growthScenario),
  eraseScenarioType(retentionScenario),
];

const printProgress = (line: string) => process.stderr.write(`${line}\n`);
const print = (line: string) => process.stdout.write(`${line}\n`);

dropPostgresVariables();
process.exitCode = await main();

async function main(): Promise<number> {
  const names = SCENARIOS.map(({ name }) => name);
  const parsed = parseArguments(process.argv.slice(2), names);
  if (parsed.outcome === 'invalid') {
    printProgress(`${parsed.reason}\nOptions: --json --rounds N --seconds N --minutes N --old N --profile FOLDER`);
    return 64;
  }
  const { settings } = parsed;
  const machine = readMachine();
  const outcomes = new Map<string, Outcome>();
  let hasFailed = false;
  for (const scenario of SCENARIOS) {
    const { name, summary } = scenario;
    if (settings.names.length > 0 && !settings.names.includes(name)) continue;
    printProgress(`${name}: ${summary} …`);
    try {
      outcomes.set(name, await scenario.run({ settings, report: (line) => printProgress(`  ${line}`) }));
    } catch (error) {
      // The figures of the other scenarios took minutes and stay valid.
      hasFailed = true;
      printProgress(`${name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }
  const verdicts = [...outcomes.values()].flatMap((outcome) => outcome.verdicts);
  if (settings.json) {
    const figures = Object.fromEntries([...outcomes].map(([name, outcome]) => [name, outcome.figures]));
    print(JSON.stringify({ machine, settings, figures, verdicts }, null, 2));
    return hasFailed ? 1 : 0;
  }
  print(formatMachine(machine));
  print(settingsLine(settings));
  for (const { lines } of outcomes.values()) for (const line of ['', ...lines]) print(line);
  for (const line of ['', ...verdictLines(verdicts)]) print(line);
  return hasFailed ? 1 : 0;
}

function settingsLine({ rounds, seconds, minutes, old, profile }: BenchSettings): string {
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
