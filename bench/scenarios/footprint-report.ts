/** Formats the figures of `footprint`, and compares them with the aims. */
import { formatTable } from '../../src/lib/text-table.ts';
import type { Rounds } from '../percentiles.ts';
import { formatMs } from '../scenario.ts';

const READY_AIM_MS = 700;
const RESIDENT_AIM_MIB = 146;
/** Largest ratio of the last third of the load to its first third that counts as flat. */
const FLAT_AIM = 1.1;

export interface FootprintFigures {
  readonly readyAfterMs: Rounds;
  readonly residentMiB: {
    readonly idle: number;
    readonly under: Rounds;
    readonly firstThird: number;
    readonly lastThird: number;
    readonly after: number;
  };
  /** Between the end of the load and the last sample. */
  readonly restMs: number;
  readonly load: { readonly rate: number; readonly seconds: number };
  /** Null where there is no /proc. */
  readonly cpuMsPerThousand: { readonly receiver: number; readonly postgres: number } | null;
}

export function footprintLines({
  readyAfterMs,
  residentMiB,
  restMs,
  load,
  cpuMsPerThousand,
}: FootprintFigures): string[] {
  const { idle, under, firstThird, lastThird, after } = residentMiB;
  const mib = (value: number) => `${value.toFixed(0)} MiB`;
  const cpu = cpuMsPerThousand;
  return [
    `Start to ready: ${formatMs(readyAfterMs.median)} (${formatMs(readyAfterMs.min)}–${formatMs(readyAfterMs.max)}).`,
    ...formatTable(
      [`Resident memory, ${load.rate}/s in and out for ${load.seconds} s`, 'Size'],
      [
        ['idle', mib(idle)],
        ['under load, median', mib(under.median)],
        ['under load, largest', mib(under.max)],
        ['under load, first third → last third', `${mib(firstThird)} → ${mib(lastThird)}`],
        [`${restMs / 1_000} s after`, mib(after)],
      ],
    ),
    ...(cpu === null
      ? []
      : [`CPU per 1 000 callbacks: receiver ${seconds(cpu.receiver)}, Postgres ${seconds(cpu.postgres)}.`]),
  ];
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

export function footprintVerdicts({
  readyAfterMs,
  residentMiB: { under, firstThird, lastThird },
  load,
  cpuMsPerThousand,
}: FootprintFigures) {
  const ready = readyAfterMs.median;
  const growth = lastThird / firstThird;
  const cpu = cpuMsPerThousand;
  return [
    {
      figure: 'start to ready',
      ours: formatMs(ready),
      peers: '',
      aim: `≤ ${READY_AIM_MS} ms`,
      met: ready <= READY_AIM_MS,
    },
    {
      figure: `resident memory at ${load.rate}/s, largest`,
      ours: `${under.max.toFixed(0)} MiB`,
      peers: '',
      aim: `≤ ${RESIDENT_AIM_MIB} MiB`,
      met: under.max <= RESIDENT_AIM_MIB,
    },
    {
      figure: `the same, last third ÷ first third of ${load.seconds} s`,
      ours: growth.toFixed(2),
      peers: '',
      aim: `≤ ${FLAT_AIM}`,
      met: growth <= FLAT_AIM,
    },
    {
      figure: 'CPU per 1 000 callbacks, in and out',
      ours: cpu === null ? '–' : seconds(cpu.receiver),
      peers: cpu === null ? '' : `Postgres ${seconds(cpu.postgres)}`,
      aim: '',
      met: null,
    },
  ];
}
