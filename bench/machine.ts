/** Describes the measuring machine: no figure means anything without it. */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly node: string;
  /** Load average of the last minute before the start: above one, other processes disturb. */
  readonly loadBefore: number;
}

export function readMachine(): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    loadBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
  };
}

export function formatMachine({ cores, cpu, memoryGiB, node, loadBefore }: Machine): string {
  const parts = [`${cores} cores (${cpu})`, `${memoryGiB} GiB`, `Node ${node}`, 'embedded Postgres with fsync on'];
  return `${parts.join(', ')}, everything on one machine; load before the start ${loadBefore}`;
}
