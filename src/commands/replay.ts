/** `replay`: replays finished deliveries like `POST /replays`, from a shell with access to the database. */
import { setTimeout } from 'node:timers/promises';
import type { Config } from '../config/settings.ts';
import { openDatabase } from '../db/client.ts';
import { countReplayable, type ReplayFilter, replayMatching } from '../deliveries/replay.ts';
import { NARROWING_FIELDS, parseReplayRequest, type ReplayRequest } from '../deliveries/replay-request.ts';
import { systemClock } from '../lib/clock.ts';
import { errorSummary } from '../lib/errors.ts';
import { deliveries } from '../status/replay-summary.ts';
import { defineCommand, EXIT, type Terminal, UsageError } from './command.ts';

const HELP = `Usage: receiver replay [options]

Delivers finished deliveries again: delivered ones and dead letters. At least one of --state,
--payment-id, --order-reference and --from is needed; unfinished deliveries are never touched. Needs
DATABASE_URL: an embedded Postgres belongs to the running service, so use its POST /replays there.

  --state STATE       delivered or dead_letter; both when left out
  --type TYPE         only events of this type, such as payment.unfrozen
  --payment-id ID     only events of this payment
  --order-reference REFERENCE
                      only events of this order
  --provider NAME     resurs-ecom or resurs-mapi
  --from TIME         received at or after (ISO 8601, UTC without a zone)
  --to TIME           received before
  --dry-run           only count`;

export const replay = defineCommand({
  summary: 'deliver finished deliveries again',
  help: HELP,
  options: {
    state: { type: 'string' },
    type: { type: 'string' },
    'payment-id': { type: 'string' },
    'order-reference': { type: 'string' },
    provider: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
  },
  parse: ({ 'payment-id': paymentId, 'order-reference': orderReference, 'dry-run': _, ...rest }) =>
    parseFilter({ ...rest, paymentId, orderReference }),
  async run({ parsed: filter, values, config, terminal }) {
    return runReplay(config, { filter, dryRun: values['dry-run'], terminal });
  },
});

/** The options as they are typed. */
const OPTION_NAMES = {
  state: '--state',
  type: '--type',
  paymentId: '--payment-id',
  orderReference: '--order-reference',
  provider: '--provider',
  from: '--from',
  to: '--to',
} as const satisfies Record<keyof ReplayRequest, string>;

function parseFilter(request: ReplayRequest): ReplayFilter {
  const result = parseReplayRequest(request);
  switch (result.outcome) {
    case 'read':
      return result.filter;
    case 'refused':
      throw new UsageError(`${OPTION_NAMES[result.field]} ${result.problem}.`);
    case 'too_wide':
      throw new UsageError(`Give at least one of ${NARROWING_FIELDS.map((field) => OPTION_NAMES[field]).join(', ')}.`);
  }
}

interface ReplayCommandOptions {
  readonly filter: ReplayFilter;
  readonly dryRun: boolean;
  readonly terminal: Terminal;
}

async function runReplay(config: Config, { filter, dryRun, terminal }: ReplayCommandOptions): Promise<number> {
  if (config.DATABASE_URL === null) {
    terminal.printError('replay needs DATABASE_URL; with the embedded Postgres, use POST /replays of the service.');
    return EXIT.config;
  }
  const db = openDatabase({ connectionString: config.DATABASE_URL, poolSize: 1, onConnectionError: () => undefined });
  try {
    if (dryRun) {
      const { count, atLeast } = await countReplayable(db, filter, systemClock);
      terminal.print(`${atLeast ? 'At least ' : ''}${deliveries(count)} would be sent again.`);
      return EXIT.ok;
    }
    const { count, failed, error } = await replayMatching(db, filter, { sleep: setTimeout, onStep: () => undefined });
    if (count > 0 || error === null) terminal.print(`${deliveries(count)} will be sent again.`);
    if (failed > 0) terminal.printError(`The database refused ${deliveries(failed)}, which stay as they are.`);
    if (error === null) return failed === 0 ? EXIT.ok : EXIT.failed;
    terminal.printError(
      `The replay failed: ${errorSummary(error)}. Deliveries replayed so far stay replayed; run it again for the rest.`,
    );
    return EXIT.failed;
  } catch (error) {
    terminal.printError(`The replay failed: ${errorSummary(error)}`);
    return EXIT.failed;
  } finally {
    await db.close();
  }
}
