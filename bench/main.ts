/**
 * `npm run bench -- [scenario …] [options]`: measures and prints tables, or with --json one JSON document on stdout.
 */
import { appendFile, writeFile } from 'node:fs/promises';
import { errorSummary } from '../src/lib/errors.ts';
import { dropPostgresVariables } from '../test/harness/postgres-variables.ts';
import { type BenchSettings, parseArguments } from './arguments.ts';
import { readMachine } from './machine.ts';
import { type BenchProgress, createProgress } from './progress.ts';
import { type BenchReport, jsonOf, linesOf, markdownOf } from './report.ts';
import { eraseScenarioType, type Outcome } from './scenario.ts';
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
import { usageOf } from './usage.ts';

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
const NAMES = SCENARIOS.map(({ name }) => name);

dropPostgresVariables();
process.exitCode = await main();

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const parsed = parseArguments(args, NAMES);
  if (parsed.outcome === 'help') {
    process.stdout.write(`${usageOf(NAMES)}\n`);
    return 0;
  }
  const progress = openProgress();
  if (parsed.outcome === 'invalid') {
    progress.line(`${parsed.reason}\nnpm run bench -- --help lists all options.`);
    return 64;
  }
  const { settings } = parsed;
  for (const file of [settings.svg, settings.markdown]) {
    const reason = file === null ? null : await whyNotWritable(file);
    if (reason === null) continue;
    progress.line(`${file} cannot be written: ${reason}`);
    return 64;
  }
  const machine = readMachine();
  const { outcomes, tookMs, hasFailed } = await runScenarios(settings, progress);
  const report: BenchReport = { machine, settings, args, outcomes, tookMs };
  const picture = [...outcomes.values()].find((outcome) => outcome.picture !== null)?.picture ?? null;
  const lines = settings.json ? [jsonOf(report)] : linesOf(report);
  for (const line of lines) process.stdout.write(`${line}\n`);
  if (settings.svg !== null && picture !== null) await writeFile(settings.svg, picture);
  if (settings.markdown !== null) await writeFile(settings.markdown, markdownOf(report));
  return hasFailed ? 1 : 0;
}

/** Asked before anything is measured: a wrong path must not cost the figures of many minutes. */
function whyNotWritable(file: string): Promise<string | null> {
  return appendFile(file, '').then(
    () => null,
    (error: unknown) => errorSummary(error),
  );
}

function openProgress(): BenchProgress {
  return createProgress({
    isTerminal: process.stderr.isTTY === true,
    columns: () => process.stderr.columns ?? 80,
    write: (text) => void process.stderr.write(text),
    nowMs: () => performance.now(),
    everySecond(tick) {
      const timer = setInterval(tick, 1_000);
      return () => clearInterval(timer);
    },
  });
}

async function runScenarios(settings: BenchSettings, progress: BenchProgress) {
  const chosen = SCENARIOS.filter(({ name }) => settings.names.length === 0 || settings.names.includes(name));
  const outcomes = new Map<string, Outcome>();
  const tookMs = new Map<string, number>();
  let hasFailed = false;
  for (const [index, { name, summary, run }] of chosen.entries()) {
    const { report, show, end } = progress.begin({ name, summary, number: index + 1, of: chosen.length });
    let failure: string | null = null;
    try {
      outcomes.set(name, await run({ settings, report, show }));
    } catch (error) {
      // The figures of the other scenarios took minutes and stay valid.
      failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    tookMs.set(name, end());
    if (failure === null) continue;
    hasFailed = true;
    progress.line(`${name} failed: ${failure}`);
  }
  return { outcomes, tookMs, hasFailed };
}
