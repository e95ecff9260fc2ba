/**
 * One run of `hostile`, from nothing to findings: three receivers start and are attacked; when the strangers are gone,
 * everything is read, looked through and judged.
 */
import type { Terminal } from '../../src/commands/command.ts';
import type { CleanUps } from '../lib/cleanup.ts';
import type { Findings } from '../report.ts';
import { createTally, type Tally } from './counters.ts';
import { type Evidence, type HouseEvidence, readKept, readStrays } from './evidence.ts';
import { countLines, figuresOf } from './figures.ts';
import { openFiles } from './process-metrics.ts';
import type { House } from './receiver.ts';
import { type Attack, type AttackOptions, attackAll } from './run-attack.ts';
import { readConfig } from './service.ts';
import { startWorld, type World } from './testbed.ts';
import { judge, tollOf } from './verdicts.ts';

const LOOK_WITHIN_MS = 30_000;

interface Surroundings {
  readonly cleanUps: CleanUps;
  readonly terminal: Terminal;
}

export interface HostileFindings extends Findings {
  /** By kind and outcome. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Throws when the terminal asks to stop, or when something does not start. */
export async function runHostile(
  options: AttackOptions,
  { cleanUps, terminal }: Surroundings,
): Promise<HostileFindings> {
  const signal = terminal.stop ?? new AbortController().signal;
  const world = await startWorld(options.seed, cleanUps);
  signal.throwIfAborted();
  terminal.printError('  All receivers run. The strangers come.');

  const tally = createTally(world.houses.map(({ door }) => door.name));
  const attack = await attackAll(options, { world, tally, terminal, signal });
  signal.throwIfAborted();
  const houses = await Promise.all(
    world.houses.map((house, index) => closeHouse(house, { world, tally, attack, index })),
  );
  const evidence: Evidence = {
    houses,
    wrongs: tally.wrongs,
    counts: tally.counts,
    idle: attack.idle,
    leaks: [...world.sweep.faults],
    notJson: world.notJson(),
    seconds: attack.seconds,
  };
  const figures = figuresOf(evidence, { lookedThrough: world.sweep.looked() });
  const counts = Object.fromEntries([...tally.counts].map(([kind, outcomes]) => [kind, Object.fromEntries(outcomes)]));
  const found = { figures, counts, verdicts: judge(evidence), toll: tollOf(houses), lines: countLines(evidence) };
  return { scenario: 'hostile', seed: options.seed, ...found };
}

interface Closing {
  readonly world: World;
  readonly tally: Tally;
  readonly attack: Attack;
  readonly index: number;
}

/** Looks at everything a receiver shows, stops it, and reads what it kept. */
async function closeHouse(house: House, { world, tally, attack, index }: Closing): Promise<HouseEvidence> {
  const { door, service, env } = house;
  const { sweep } = world;
  const after = openFiles(service.pid);
  const metrics = await look(house, '/metrics');
  for (const path of ['/metrics', '/status', '/events?limit=200', '/openapi.json', '/rejections']) {
    sweep.look(`${path} of ${door.name}`, await look(house, path));
  }
  sweep.look(`config of ${door.name}`, await readConfig(env));
  const exitCode = await service.stop();
  return {
    name: door.name,
    honest: attack.honest[index] ?? [],
    taken: tally.taken.get(door.name) ?? [],
    doubtful: tally.doubtful.get(door.name) ?? [],
    kept: await readKept(house),
    strays: await readStrays(house),
    slow: attack.slow[index] ?? [],
    memory: attack.meters[index]?.samples ?? [],
    files: { before: attack.filesBefore[index] ?? null, after },
    logLines: service.lines(),
    series: metrics.match(/^resurs_callbacks_total\{/gm)?.length ?? 0,
    crash: service.crash(),
    exitCode,
  };
}

async function look({ door }: House, path: string): Promise<string> {
  const headers = { authorization: `Bearer ${door.keys.token}` };
  const signal = AbortSignal.timeout(LOOK_WITHIN_MS);
  const answer = await fetch(`http://127.0.0.1:${door.port}${path}`, { headers, signal }).catch(() => null);
  return answer === null ? '' : answer.text().catch(() => '');
}
