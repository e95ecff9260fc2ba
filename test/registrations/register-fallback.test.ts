/**
 * `register` falls back to SOAP when REST fails, and prints the error of REST. Nothing counts as registered before it
 * has been read back. Each row is behaviour seen at Resurs' interfaces, or at a proxy in front of them.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import type { Quirks } from '../../src/simulator/api/quirks.ts';
import { injectFaultFor, setUpResurs } from '../helpers/resurs.ts';

const OLD = 'https://www.shop.example/old?c=UPDATE&t=1600000000&p={paymentId}&d={digest}';

interface Case {
  readonly what: string;
  readonly quirks: Partial<Quirks>;
  readonly over: 'REST' | 'SOAP';
  /** The line about the failure; null for none. */
  readonly message: RegExp | null;
}

const onPost = (fault: Parameters<typeof injectFaultFor>[0]): Partial<Quirks> => {
  return { faultOf: injectFaultFor(fault, { channel: 'REST', operation: 'register' }) };
};

const CASES: readonly Case[] = [
  {
    what: 'REST responds 500',
    quirks: onPost('server_error'),
    over: 'SOAP',
    message: /REST POST \/callbacks\/UPDATE: HTTP 500: Internal server error/,
  },
  {
    what: 'REST responds 200 and keeps the old registration',
    quirks: onPost('ignored'),
    over: 'SOAP',
    message: /REST registration of UPDATE: accepted, but not in effect/,
  },
  {
    what: 'REST responds with a login page',
    quirks: onPost('login_page'),
    over: 'SOAP',
    message: /REST registration of UPDATE: accepted, but not in effect/,
  },
  {
    what: 'a proxy responds in place of REST',
    quirks: onPost('html'),
    over: 'SOAP',
    message: /REST POST \/callbacks\/UPDATE: HTTP 503: refused with a web page/,
  },
  {
    what: 'the connection to REST is reset',
    quirks: onPost('reset'),
    over: 'SOAP',
    message: /REST POST \/callbacks\/UPDATE: (?:ECONNRESET|UND_ERR_SOCKET)/,
  },
  {
    what: "REST's response is lost after the registration",
    quirks: onPost('answer_lost'),
    over: 'SOAP',
    message: /REST POST \/callbacks\/UPDATE: (?:ECONNRESET|UND_ERR_SOCKET)/,
  },
  {
    what: 'REST does not know the account',
    quirks: onPost('unauthorised'),
    over: 'SOAP',
    message: /REST POST \/callbacks\/UPDATE: HTTP 401: Bad credentials/,
  },
  {
    what: 'every REST call fails',
    quirks: { faultOf: injectFaultFor('server_error', { channel: 'REST' }) },
    over: 'SOAP',
    message: /REST POST \/callbacks\/UPDATE: HTTP 500: Internal server error/,
  },
  {
    what: 'the REST list fails',
    quirks: { faultOf: injectFaultFor('server_error', { channel: 'REST', operation: 'list' }) },
    over: 'REST',
    message: null,
  },
  {
    what: 'the REST list is without UPDATE',
    quirks: { hiddenInRestList: ['UPDATE'] },
    over: 'REST',
    message: null,
  },
  {
    what: 'REST cannot be read back',
    quirks: { faultOf: injectFaultFor('html', { channel: 'REST', operation: 'read' }) },
    over: 'REST',
    message: null,
  },
  {
    what: 'every SOAP call fails',
    quirks: { faultOf: injectFaultFor('reset', { channel: 'SOAP' }) },
    over: 'REST',
    message: null,
  },
];

for (const { what, quirks, over, message } of CASES) {
  test(`when ${what}, UPDATE is registered over ${over}`, async (t) => {
    const { fakeResurs, run } = await setUpResurs(t, { registered: { UPDATE: OLD }, quirks });

    const { exitCode, out, errors } = await run(register, ['UPDATE', '--yes']);

    assert.deepEqual([exitCode, errors], [0, '']);
    const [first = '', ...rest] = out.slice(out.indexOf('\nUPDATE: ') + 1).split('\n');
    assert.equal(first, `UPDATE: registered over ${over} and read back.`);
    if (message === null) assert.equal(rest[0], '');
    else assert.match(rest[0] ?? '', message);
    assert.match(fakeResurs.registered.get('UPDATE')?.uriTemplate ?? '', /^https:\/\/pay\.shop\.example\//);
  });
}

test('the plan shows a registration that REST omits', async (t) => {
  const { run } = await setUpResurs(t, { registered: { UPDATE: OLD }, quirks: { hiddenInRestList: ['UPDATE'] } });

  const { out } = await run(register, ['UPDATE'], { answer: false });

  assert.match(out, /^ {2}now {3}https:\/\/www\.shop\.example\/old\?/m);
});

test('a lost response to a new registration leaves it registered, without a gap', async (t) => {
  const { fakeResurs, run, changes } = await setUpResurs(t, {
    quirks: { refusesOverwrite: ['REST', 'SOAP'], ...onPost('answer_lost') },
  });

  const { exitCode, out } = await run(register, ['BOOKED', '--yes']);

  assert.equal(exitCode, 0);
  assert.deepEqual(changes(), ['REST register BOOKED', 'SOAP register BOOKED']);
  assert.doesNotMatch(out, /Nothing was registered/);
  assert.ok(fakeResurs.registered.has('BOOKED'));
});

test('all seven types are registered over SOAP when REST ignores registrations', async (t) => {
  const faultOf = injectFaultFor('ignored', { channel: 'REST', operation: 'register' });
  const { fakeResurs, run } = await setUpResurs(t, { quirks: { faultOf } });

  const { exitCode, out } = await run(register, ['--yes']);

  assert.equal(exitCode, 0);
  for (const type of CALLBACK_TYPES) {
    assert.match(out, new RegExp(`^${type}: registered over SOAP and read back\\.$`, 'm'));
    assert.notEqual(fakeResurs.registered.get(type)?.digest, null);
  }
});
