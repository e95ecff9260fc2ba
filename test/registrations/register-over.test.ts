/**
 * Registering over a present registration. Where Resurs accepts that, there is no moment without a registration. Where
 * it refuses ("already exists"), the old one is removed, the new one registered at once, and the gap printed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { CALLBACK_TYPES } from '../../src/protocol/ecom/callback-types.ts';
import type { InjectedFault, Quirks, ReceivedCall } from '../../src/simulator/api/quirks.ts';
import { setUpResurs } from '../helpers/resurs.ts';

const OLD = 'https://www.shop.example/wc-api/ResursDefault?c=UPDATE&t=1600000000&p={paymentId}&d={digest}';
const BOTH = ['REST', 'SOAP'] as const;

/** A fault for all calls of one interface with this operation. */
const when =
  (channel: string, operation: string, fault: InjectedFault) =>
  (call: ReceivedCall): InjectedFault =>
    call.channel === channel && call.operation === operation ? fault : 'none';

interface Case {
  readonly what: string;
  readonly quirks: Partial<Quirks>;
  /** The lines about UPDATE. */
  readonly message: RegExp;
  /** Calls that changed something, in order. */
  readonly changes: readonly string[];
}

const GAP = String.raw`Nothing was registered for \d+\.\d s\.`;

const CASES: readonly Case[] = [
  {
    what: 'accepted',
    quirks: {},
    message: /^UPDATE: registered over REST and read back\.$/,
    changes: ['REST register'],
  },
  {
    what: 'accepted and read back with &amp;',
    quirks: { readsBack: 'escaped' },
    message: /^UPDATE: registered over REST and read back\.$/,
    changes: ['REST register'],
  },
  {
    what: 'refused over REST',
    quirks: { refusesOverwrite: ['REST'] },
    message: new RegExp(`^UPDATE: registered over REST and read back\\. ${GAP}$`),
    changes: ['REST register', 'REST unregister', 'REST register'],
  },
  {
    what: 'refused over SOAP while REST fails',
    quirks: { refusesOverwrite: ['SOAP'], faultOf: when('REST', 'register', 'server_error') },
    message: new RegExp(
      `^UPDATE: registered over SOAP and read back\\. ${GAP}\n  REST POST /callbacks/UPDATE: HTTP 500: Internal server error$`,
    ),
    changes: ['REST register', 'SOAP register', 'SOAP unregister', 'SOAP register'],
  },
  {
    what: 'refused over both',
    quirks: { refusesOverwrite: BOTH },
    message: new RegExp(`^UPDATE: registered over REST and read back\\. ${GAP}$`),
    changes: ['REST register', 'REST unregister', 'REST register'],
  },
  {
    what: 'refused for four more registrations after its removal',
    quirks: { refusesOverwrite: BOTH, refusalsAfterUnregister: 4 },
    message: new RegExp(`^UPDATE: registered over REST and read back\\. ${GAP}$`),
    changes: [
      ...['REST register', 'REST unregister'],
      ...['REST register', 'REST unregister', 'REST register', 'SOAP register', 'SOAP unregister', 'SOAP register'],
      'REST register',
    ],
  },
  {
    what: 'refused, and REST responds 200 to the removal but does not remove',
    quirks: { refusesOverwrite: BOTH, faultOf: when('REST', 'unregister', 'ignored') },
    message: new RegExp(`^UPDATE: registered over SOAP and read back\\. ${GAP}$`),
    changes: [
      ...['REST register', 'REST unregister'],
      ...['REST register', 'REST unregister', 'REST register', 'SOAP register', 'SOAP unregister', 'SOAP register'],
    ],
  },
  {
    what: 'refused, and REST fails to remove',
    quirks: { refusesOverwrite: BOTH, faultOf: when('REST', 'unregister', 'server_error') },
    message: new RegExp(
      `^UPDATE: registered over REST and read back\\. ${GAP}\n  REST DELETE /callbacks/UPDATE: HTTP 500: Internal server error$`,
    ),
    changes: ['REST register', 'REST unregister', 'SOAP unregister', 'REST register'],
  },
  {
    what: 'refused, removed over REST with the response lost, and SOAP has nothing to remove',
    quirks: { refusesOverwrite: BOTH, faultOf: when('REST', 'unregister', 'answer_lost') },
    message: new RegExp(`^UPDATE: registered over REST and read back\\. ${GAP}\n  REST DELETE /callbacks/UPDATE: .+$`),
    changes: ['REST register', 'REST unregister', 'SOAP unregister', 'REST register'],
  },
];

for (const { what, quirks, message, changes: expected } of CASES) {
  test(`the present registration is replaced when registering over it is ${what}`, async (t) => {
    const { fakeResurs, run, changes } = await setUpResurs(t, { registered: { UPDATE: OLD }, quirks });

    const { exitCode, out, errors } = await run(register, ['UPDATE', '--yes']);

    assert.deepEqual([exitCode, errors], [0, '']);
    assert.match(reportOf(out), message);
    assert.deepEqual(
      changes(),
      expected.map((call) => `${call} UPDATE`),
    );
    assert.match(
      fakeResurs.registered.get('UPDATE')?.uriTemplate ?? '',
      /^https:\/\/pay\.shop\.example\/.*&d=\{digest\}$/,
    );
  });
}

/** Everything after the plan, without the sentence at the end. */
function reportOf(out: string): string {
  return /\n\n(UPDATE: [\s\S]*)\n\nAll 1 read back\./.exec(out)?.[1] ?? out;
}

test('all seven registrations are replaced one after the other', async (t) => {
  const registered = Object.fromEntries(CALLBACK_TYPES.map((type) => [type, OLD]));
  const { fakeResurs, run, changes } = await setUpResurs(t, { registered, quirks: { refusesOverwrite: BOTH } });

  const { exitCode } = await run(register, ['--yes']);

  assert.equal(exitCode, 0);
  assert.deepEqual(
    changes(),
    CALLBACK_TYPES.flatMap((type) => {
      const channel = type === 'TEST' ? 'SOAP' : 'REST';
      return [`${channel} register ${type}`, `${channel} unregister ${type}`, `${channel} register ${type}`];
    }),
  );
  assert.ok(
    [...fakeResurs.registered.values()].every(({ uriTemplate }) => uriTemplate.startsWith('https://pay.shop.example/')),
  );
});
