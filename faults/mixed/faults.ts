/** All faults of `mixed`. A new one is an entry in one of these lists. */
import { CLOCK_FAULTS } from './clock-faults.ts';
import type { Fault } from './fault.ts';
import { MERCHANT_FAULTS } from './merchant-faults.ts';
import { NETWORK_FAULTS } from './network-faults.ts';
import { POSTGRES_FAULTS } from './postgres-faults.ts';
import { SERVICE_FAULTS } from './service-faults.ts';

export const FAULTS: readonly Fault[] = [
  ...SERVICE_FAULTS,
  ...POSTGRES_FAULTS,
  ...NETWORK_FAULTS,
  ...CLOCK_FAULTS,
  ...MERCHANT_FAULTS,
];
