/** Settings of what finds missed callbacks: reconciliation, the heartbeat, and the alarm about silence. */
import { optional, withDefault } from '../setting.ts';
import { integer } from '../types/basic.ts';
import { duration } from '../types/lists.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Asking Resurs for what it did not send. */
export const RECONCILIATION = {
  RECONCILE_INTERVAL: optional(
    duration({ min: 5 * MINUTE_MS, max: DAY_MS }, '5m to 24h, such as 15m'),
    'How often Resurs is asked for payments whose callbacks are missing. One replica asks. Needs RESURS_USERNAME or MAPI_CLIENT_ID. Unset: only the command reconcile asks.',
  ),
  RECONCILE_GRACE_MINUTES: withDefault(
    integer({ min: 0, max: 2_880 }),
    '30',
    'How long a callback may take, in minutes, before it counts as missing.',
  ),
  HEARTBEAT_INTERVAL: optional(
    duration({ min: 15 * MINUTE_MS, max: 7 * DAY_MS }, '15m to 168h, such as 1h'),
    'How often Resurs is asked to send a TEST, whose arrival proves the whole way. One replica asks. Needs the settings of trigger-test. Unset: never.',
  ),
};
