/**
 * What REST cannot do is done over SOAP, and the operator sees what REST said. Nothing counts as registered before it has been read
 * back. Each row is something that Resurs' interfaces, or a proxy before them, have been seen to do.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import type { Quirks } from '../../src/simulator/api/quirks.ts';
import { faultFor, setUpResurs } from '../helpers/resurs.ts';

const OLD = 'https://www.shop.example/old?c=UPDATE&t=1600000000&p={paymentId}&d={digest}';

interface Case {
  readonly what: string;
  readonly quirks: Partial<Quirks>;
  readonly over: 'REST' | 'SOAP';
  /** What is said about the failure on the way; null for nothing. */
  readonly says: RegExp | null;
}

const onPost = (fault: Parameters<typeof faultFor>[0]): Partial<Quirks> => {
  return { faultOf: faultFor(fault, { channel: 'REST', operation: 'register' }) };
};

const CASES: readonly Case[] = [
  {
    what: 'REST answers 500',
    quirks: onPost('server_error'),
    over: 'SOAP',
    says: /REST POST \/callbacks\/UPDATE: HTTP 500: Internal server error/,
  },
  {
    what: 'REST answers 200 and keeps the old one',
    quirks: onPost('ignored'),
    over: 'SOAP',
    says: /REST registration of UPDATE: accepted, but not taken over/,
  },
  {
    what: 'a login page stands before REST',
    quirks: onPost('login_page'),
    over: 'SOAP',
    says: /REST registration of UPDATE: accepted, but not taken over/,
  },
  {
    what: 'a proxy answers for REST',
    quirks: onPost('html'),
    over: 'SOAP',
    says: /REST POST \/callbacks\/UPDATE: HTTP 503: refused with a web page/,
  },
  {
    what: 'the connection to REST is reset',
    quirks: onPost('reset'),
    over: 'SOAP',
    says: /REST POST \/callbacks\/UPDATE: (?:ECONNRESET|UND_ERR_SOCKET)/,
  },
  {
    what: "REST's answer is lost after it was done",
    quirks: onPost('answer_lost'),
    over: 'SOAP',
    says: /REST POST \/callbacks\/UPDATE: (?:ECONNRESET|UND_ERR_SOCKET)/,
  },
  {
    what: 'REST does not know the account',
    quirks: onPost('unauthorised'),
    over: 'SOAP',
    says: /REST POST \/callbacks\/UPDATE: HTTP 401: Bad credentials/,
  },
  {
    what: 'REST is away altogether',
    quirks: { faultOf: faultFor('server_error', { channel: 'REST' }) },
    over: 'SOAP',
    says: /REST POST \/callbacks\/UPDATE: HTTP 500: Internal server error/,
  },
  {
    what: 'the REST list fails',
    quirks: { faultOf: faultFor('server_error', { channel: 'REST', operation: 'list' }) },
    over: 'REST',
    says: null,
  },
  {
    what: 'the REST list is without UPDATE',
    quirks: { leftOutOfRestList: ['UPDATE'] },
    over: 'REST',
    says: null,
  },
  {
    what: 'REST cannot be read back',
    quirks: { faultOf: faultFor('html', { channel: 'REST', operation: 'read' }) },
    over: 'REST',
    says: null,
  },
  {
    what: 'SOAP is away altogether',
    quirks: { faultOf: faultFor('reset', { channel: 'SOAP' }) },
    over: 'REST',
    says: null,
  },
];

for (const { what, quirks, over, says } of CASES) {
  test(`when ${what}, it is registered over ${over}`, async (t) => {
    const { standIn, run } = await setUpResurs(t, { held: { UPDATE: OLD }, quirks });

    const { exitCode, out, errors } = await run(register, ['UPDATE', '--yes']);

    assert.deepEqual([exitCode, errors], [0, '']);
    const [first = '', ...rest] = out.slice(out.indexOf('\nUPDATE: ') + 1).split('\n');
    assert.equal(first, `UPDATE: registered over ${over} and read back.`);
    if (says === null) assert.equal(rest[0], '');
    else assert.match(rest[0] ?? '', says);
    assert.match(standIn.held.get('UPDATE')?.uriTemplate ?? '', /^https:\/\/pay\.shop\.example\//);
  });
}

test('the plan shows what REST keeps back', async (t) => {
  const { run } = await setUpResurs(t, { held: { UPDATE: OLD }, quirks: { leftOutOfRestList: ['UPDATE'] } });

  const { out } = await run(register, ['UPDATE'], { answer: false });

  assert.match(out, /^ {2}now {3}https:\/\/www\.shop\.example\/old\?/m);
});

test('an answer that is lost on the way to a new registration leaves one, with no gap', async (t) => {
  const { standIn, run, changes } = await setUpResurs(t, {
    quirks: { refusesHeld: ['REST', 'SOAP'], ...onPost('answer_lost') },
  });

  const { exitCode, out } = await run(register, ['BOOKED', '--yes']);

  assert.equal(exitCode, 0);
  assert.deepEqual(changes(), ['REST register BOOKED', 'SOAP register BOOKED']);
  assert.doesNotMatch(out, /Nothing was registered/);
  assert.ok(standIn.held.has('BOOKED'));
});

test('all seven go over SOAP when REST registers nothing', async (t) => {
  const faultOf = faultFor('ignored', { channel: 'REST', operation: 'register' });
  const { standIn, run } = await setUpResurs(t, { quirks: { faultOf } });

  const { exitCode, out } = await run(register, ['--yes']);

  assert.equal(exitCode, 0);
  for (const type of CALLBACK_TYPES) {
    assert.match(out, new RegExp(`^${type}: registered over SOAP and read back\\.$`, 'm'));
    assert.equal(standIn.held.get(type)?.digest === null, type === 'TEST');
  }
});
