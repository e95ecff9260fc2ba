/**
 * Runs `hostile` once: starts three receivers, attacks them, and when the attackers have left, reads and checks
 * everything.
 */
import type { Findings } from '../report.ts';
import type { RunContext } from '../scenario.ts';
import { type Counters, createCounters } from './counters.ts';
import { type Evidence, findOrphans, readStored, readTexts, type TargetEvidence } from './evidence.ts';
import { countLines, figuresOf } from './figures.ts';
import { openFiles } from './process-metrics.ts';
import type { TargetReceiver } from './receiver.ts';
import { type AttackOptions, type AttackResult, runAttack } from './run-attack.ts';
import { readConfig } from './service.ts';
import { startTestbed, type Testbed } from './testbed.ts';
import { countViolations, verdictsOf } from './verdicts.ts';

const STATUS_TIMEOUT_MS = 30_000;

export interface HostileFindings extends Findings {
  /** Requests by attack and outcome. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Throws when the terminal asks to stop, or when something does not start. */
export async function runHostile(options: AttackOptions, { cleanup, terminal }: RunContext): Promise<HostileFindings> {
  const signal = terminal.stop ?? new AbortController().signal;
  const testbed = await startTestbed(options.seed, cleanup);
  signal.throwIfAborted();
  terminal.printError('  All receivers run. The attack begins.');

  const counters = createCounters(testbed.targets.map(({ endpoint }) => endpoint.name));
  const attack = await runAttack(options, { testbed, counters, terminal, signal });
  signal.throwIfAborted();
  const targets = await Promise.all(
    testbed.targets.map((target, index) => closeTarget(target, { testbed, counters, attack, index })),
  );
  const evidence: Evidence = {
    targets,
    violations: counters.violations,
    counts: counters.counts,
    idle: attack.idle,
    leaks: [...testbed.leakScanner.leaks],
    notJson: testbed.notJson(),
    seconds: attack.seconds,
  };
  const figures = figuresOf(evidence, { scannedCharacters: testbed.leakScanner.scannedCharacters() });
  const counts = Object.fromEntries(
    [...counters.counts].map(([name, outcomes]) => [name, Object.fromEntries(outcomes)]),
  );
  const found = {
    figures,
    counts,
    verdicts: verdictsOf(evidence),
    violationCounts: countViolations(targets),
    lines: countLines(evidence),
  };
  return { scenario: 'hostile', seed: options.seed, ...found };
}

interface ClosingContext {
  readonly testbed: Testbed;
  readonly counters: Counters;
  readonly attack: AttackResult;
  readonly index: number;
}

/** Scans everything that a receiver shows, stops it, and reads what it stored. */
async function closeTarget(
  target: TargetReceiver,
  { testbed, counters, attack, index }: ClosingContext,
): Promise<TargetEvidence> {
  const { endpoint, service, env } = target;
  const { leakScanner } = testbed;
  const after = openFiles(service.pid);
  const metrics = await fetchText(target, '/metrics');
  for (const path of ['/metrics', '/status', '/events?limit=200', '/openapi.json', '/rejections']) {
    leakScanner.scan(`${path} of ${endpoint.name}`, await fetchText(target, path));
  }
  leakScanner.scan(`config of ${endpoint.name}`, await readConfig(env));
  const exitCode = await service.stop();
  for (const text of await readTexts(target)) leakScanner.scan(`a row of ${endpoint.name}`, text);
  return {
    name: endpoint.name,
    legitimate: attack.legitimate[index] ?? [],
    accepted: counters.accepted.get(endpoint.name) ?? [],
    uncertain: counters.uncertain.get(endpoint.name) ?? [],
    stored: await readStored(target),
    orphans: await findOrphans(target),
    slow: attack.slow[index] ?? [],
    memory: attack.meters[index]?.samples ?? [],
    files: { before: attack.filesBefore[index] ?? null, after },
    logLines: service.lines(),
    series: metrics.match(/^resurs_callbacks_total\{/gm)?.length ?? 0,
    crash: service.crash(),
    exitCode,
  };
}

async function fetchText({ endpoint }: TargetReceiver, path: string): Promise<string> {
  const headers = { authorization: `Bearer ${endpoint.secrets.token}` };
  const signal = AbortSignal.timeout(STATUS_TIMEOUT_MS);
  const response = await fetch(`http://127.0.0.1:${endpoint.port}${path}`, { headers, signal }).catch(() => null);
  return response === null ? '' : response.text().catch(() => '');
}
