/** All faults of `backlog`, in the order in which they run. */
import { deadLetters } from './dead-letters.ts';
import type { Fault } from './fault.ts';
import { manyPayments } from './many-payments.ts';
import { merchantAway } from './merchant-away.ts';
import { monthAway } from './month-away.ts';
import { retention } from './retention.ts';
import { staleStatistics } from './stale-statistics.ts';
import { looks } from './status-probes.ts';

export const FAULTS: readonly Fault[] = [
  staleStatistics,
  merchantAway,
  manyPayments,
  deadLetters,
  looks,
  retention,
  monthAway,
];
