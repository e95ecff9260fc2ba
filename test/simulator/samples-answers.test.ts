/**
 * What `simulate --to` makes of a shop's answers: what the real delivery would do then, what to repair, and the exit
 * code. A program that tests a shop decides by it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, status } from '../helpers/merchant.ts';
import { ENV, refuse, startShop } from './sample-shop.ts';

/** Answers a repeated event with one status, and others with the other. */
function repeats(first: number, again: number): Answer {
  return (request, response) => status(request.attempt > 1 ? again : first)(request, response);
}

interface ShopCase {
  readonly answer: Answer;
  readonly life: string;
  readonly exitCode: number;
  /** What the output says. */
  readonly says: readonly RegExp[];
  readonly env?: Record<string, string>;
}

const REPAIR_EVENT = /Answer 2xx to every genuine event/;
const REPAIR_IGNORED = /Answer 2xx as well to a type/;

const SHOPS: Readonly<Record<string, ShopCase>> = {
  'accepts with 200': { answer: status(200), life: 'twice', exitCode: 0, says: [/200, delivered/] },
  'answers a repeat with 409': {
    answer: repeats(204, 409),
    life: 'twice',
    exitCode: 0,
    says: [/\(repeat\): 409, delivered/],
  },
  'answers a repeat with 500': {
    answer: repeats(204, 500),
    life: 'twice',
    exitCode: 1,
    says: [
      /✗ payment\.booked .*attempt 2 \(repeat\): 500, retried after 5 s/,
      /Wrong answers \(✗\): 3 of 6/,
      /webhook-id came before/,
    ],
  },
  'answers a repeat with 422': {
    answer: repeats(204, 422),
    life: 'twice',
    exitCode: 1,
    says: [/\(repeat\): 422, a dead letter at once/],
  },
  'answers a new event with 409': {
    answer: status(409),
    life: 'frozen-unfrozen',
    exitCode: 0,
    says: [/✓ payment\.booked .*409, delivered\n +409 says that the shop has this event already, but/],
  },
  'answers an unknown type with 409': {
    answer: status(409),
    life: 'unknown-type',
    exitCode: 1,
    says: [REPAIR_IGNORED],
  },
  'refuses an unknown type': {
    answer: refuse('payment.other', 400),
    life: 'unknown-type',
    exitCode: 1,
    says: [/✗ payment\.other .*400, retried after 5 s/, REPAIR_IGNORED],
  },
  'refuses a type of a later version': {
    answer: refuse('payment.disputed', 422),
    life: 'unknown-type',
    exitCode: 1,
    says: [/✗ payment\.disputed .*422, a dead letter at once/, REPAIR_IGNORED],
  },
  'does not find a test': {
    answer: status(404),
    life: 'test',
    exitCode: 1,
    says: [/✗ callback\.test .*404/, /Is this the path of the endpoint/, REPAIR_IGNORED],
  },
  fails: {
    answer: status(500, {}, 'no \u001b[31mtable\norders'),
    life: 'late-frozen',
    exitCode: 1,
    says: [
      /500, retried after 5 s\n {4}answer: no {2}\[31mtable orders\n/,
      /Wrong answers \(✗\): 3 of 3/,
      REPAIR_EVENT,
    ],
  },
  'asks for time': {
    answer: status(503, { 'retry-after': '120' }),
    life: 'booked-never-frozen',
    exitCode: 1,
    says: [/503, retried after 2 min/],
  },
  'retries by another schedule': {
    answer: status(500),
    life: 'booked-never-frozen',
    exitCode: 1,
    says: [/500, retried after 1\.5 h/],
    env: { ...ENV, WEBHOOK_RETRY_SCHEDULE: '90m,2h' },
  },
  'refuses for good until it is believed no more': {
    answer: status(410),
    life: 'partial-debit-credit',
    exitCode: 1,
    says: [/(?:410, a dead letter at once\n[\s\S]*){5}410, retried after 5 s/],
  },
  redirects: {
    answer: status(302, { location: '/elsewhere' }),
    life: 'booked-never-frozen',
    exitCode: 1,
    says: [/302, retried after 5 s\n +A redirect is not followed/],
  },
  'has another secret': {
    answer: status(401),
    life: 'booked-never-frozen',
    exitCode: 1,
    says: [/401, retried after 5 s\n +Has the shop the same WEBHOOK_SECRET/, /Wrong answers \(✗\): 1 of 1\.$/],
  },
  'breaks the connection': {
    answer: (_, response) => void response.socket?.destroy(),
    life: 'booked-never-frozen',
    exitCode: 1,
    says: [/✗ payment\.booked .*: \S+, retried after 5 s\n +Does the endpoint run there/],
  },
  'never answers': {
    answer: () => undefined,
    life: 'booked-never-frozen',
    exitCode: 1,
    says: [/timed out, retried after 5 s\n +The answer has to be complete within WEBHOOK_TIMEOUT_MS/],
    env: { ...ENV, WEBHOOK_TIMEOUT_MS: '100' },
  },
};

for (const [name, { answer, life, exitCode, says, env }] of Object.entries(SHOPS)) {
  test(`a shop that ${name} gives exit code ${exitCode}`, async (t) => {
    const { run } = await startShop(t, answer);

    const result = await run(['--life', life], env);

    assert.equal(result.exitCode, exitCode, result.out);
    for (const text of says) assert.match(result.out, text);
  });
}

test('where nothing listens the exit code is 1', async (t) => {
  const { shop, run } = await startShop(t);
  await shop.close();

  const { exitCode, out } = await run(['--event', 'payment.booked']);

  assert.equal(exitCode, 1);
  assert.match(out, /ECONNREFUSED, retried after 5 s\n +Does the endpoint run there\?/);
});
