/** `replay`: replays finished deliveries like `POST /replays`, from a shell with access to the database. */
import type { Config } from '../config/settings.ts';
import { type Database, openDatabase } from '../db/client.ts';
import type { ReplayFilter } from '../deliveries/replay.ts';
import { NARROWING_FIELDS, parseReplayRequest, type ReplayRequest } from '../deliveries/replay-request.ts';
import { systemClock } from '../lib/clock.ts';
import { type AskedReplay, countReplay, startReplay } from '../operators/start-replay.ts';
import { deliveries, summarizeExcess } from '../status/replay-summary.ts';
import { defineCommand, EXIT, type Terminal, UsageError } from './command.ts';
import { findCommandDatabase, NO_SERVICE, printDatabaseFailure } from './database.ts';
import { finishReplay } from './finish-replay.ts';

const HELP = `Usage: receiver replay [options]

Delivers finished deliveries again: delivered ones and dead letters. At least one of --state,
--payment-id, --order-reference, --from and --id is needed; unfinished deliveries are never touched.
Works with and without the service; an embedded Postgres runs only while the service does.

  --state STATE       delivered or dead_letter; both when left out
  --type TYPE         only events of this type, such as payment.unfrozen
  --payment-id ID     only events of this payment
  --order-reference REFERENCE
                      only events of this order
  --provider NAME     resurs-ecom or resurs-mapi
  --from TIME         received at or after (ISO 8601, UTC without a zone)
  --to TIME           received before
  --reason REASON     only those whose last attempt ended so: refused, unreachable, timed_out,
                      accepted, or the status of the response, such as 503
  --id EVENT          only this event (evt_…); may be given up to 1 000 times
  --expected NUMBER   do nothing when more than so many match
  --dry-run           only count

Exit codes: 0 all that match are put back, 1 not all or nothing, 64 wrong usage, 78 settings missing or wrong.`;

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
    reason: { type: 'string' },
    id: { type: 'string', multiple: true },
    expected: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
  },
  parse({ 'payment-id': paymentId, 'order-reference': orderReference, id: ids, expected, 'dry-run': _, ...rest }) {
    return { filter: parseFilter({ ...rest, paymentId, orderReference, ids }), expected: parseExpected(expected) };
  },
  async run({ parsed, values, config, terminal }) {
    return withDatabase(config, terminal, (db) => {
      return values['dry-run'] ? count(db, parsed.filter, terminal) : runReplay(db, parsed, terminal);
    });
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
  reason: '--reason',
  ids: '--id',
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

/** Null: however many match. */
function parseExpected(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError('--expected is no number.');
  return Number(text);
}

/** For the steps, and to renew the lease meanwhile. */
const POOL_SIZE = 2;

async function withDatabase(
  config: Config,
  terminal: Terminal,
  work: (db: Database) => Promise<number>,
): Promise<number> {
  const connectionString = await findCommandDatabase(config);
  if (connectionString === null) {
    terminal.printError(NO_SERVICE);
    return EXIT.failed;
  }
  const db = openDatabase({ connectionString, poolSize: POOL_SIZE, onConnectionError: () => undefined });
  try {
    return await work(db);
  } catch (error) {
    printDatabaseFailure(error, 'The replay failed', terminal);
    return EXIT.failed;
  } finally {
    await db.close();
  }
}

async function count(db: Database, filter: ReplayFilter, terminal: Terminal): Promise<number> {
  const counted = await countReplay(db, filter, systemClock);
  terminal.print(`${counted.atLeast ? 'At least ' : ''}${deliveries(counted.count)} would be sent again.`);
  return EXIT.ok;
}

async function runReplay(
  db: Database,
  asked: Pick<AskedReplay, 'filter' | 'expected'>,
  terminal: Terminal,
): Promise<number> {
  const started = await startReplay(db, { ...asked, key: null, operator: OPERATOR }, systemClock);
  switch (started.outcome) {
    case 'started':
      return finishReplay(db, { id: started.id, operator: OPERATOR, terminal });
    case 'more_than_expected':
      terminal.printError(summarizeExcess(started));
      return EXIT.failed;
    case 'key_reused':
      throw new Error('a replay without a key has one');
  }
}

/** As it stands in the list of actions. */
const OPERATOR = 'receiver replay';
