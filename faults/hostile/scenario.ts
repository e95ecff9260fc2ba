/**
 * `hostile`: attacks the listeners over raw sockets, while legitimate callbacks go on. At the end nothing has crashed,
 * leaked or grown, and nothing unauthenticated is stored.
 */
import { parseInteger } from '../lib/arguments.ts';
import { defineScenario, invalidInteger } from '../scenario.ts';
import { runHostile } from './run.ts';
import type { AttackOptions } from './run-attack.ts';

const STORY = `Three receivers on one Postgres, with every guard, with the digest only and with Basic
credentials only, get broken request lines, floods of headers, weird and huge URLs, wrong
digests and tokens, smuggled requests, bombs, half-closed and reset connections, slow
clients, thousands of idle connections, and weird requests to the status API and the
page. The last one has no token for callbacks of the Merchant API and confirms their
payments. Beside them come callbacks of both interfaces that are valid but unusual, and
legitimate ones at a small rate. Then every response, every row, the memory, the open
files, and all output of the receivers are checked. Needs no configuration.`;

type Size = Omit<AttackOptions, 'seed'>;
const FULL_SIZE: Size = { requests: 1_000_000, idleConnections: 10_000, senders: 24 };
const SHORT_SIZE: Size = { requests: 6_000, idleConnections: 300, senders: 8 };

export const hostile = defineScenario({
  name: 'hostile',
  summary: 'hostile input over real sockets, while legitimate callbacks go on',
  help: {
    story: STORY,
    options: '  --requests N   hostile requests in all (1000000)',
    short: '6000 requests and 300 idle connections, for CI',
  },
  options: ['requests'],
  sizes: { full: FULL_SIZE, short: SHORT_SIZE },
  parse(values, size) {
    const requests = parseInteger(values.requests, { fallback: size.requests });
    return Number.isNaN(requests) ? invalidInteger('requests') : { outcome: 'parsed', options: { ...size, requests } };
  },
  describe: ({ requests }) => `${requests} requests`,
  run: runHostile,
});
