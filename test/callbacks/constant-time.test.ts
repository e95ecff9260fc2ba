/**
 * Timing reveals nothing: digests, Basic credentials, bearer tokens and the signature of a TEST are compared only by
 * `crypto.timingSafeEqual`, over whole values, and against every candidate even after one has matched. Proven by
 * construction, since a clock on a busy machine shows nothing: the real function is observed, not replaced.
 */
import assert from 'node:assert/strict';
import crypto, { timingSafeEqual } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { type TestContext, test } from 'node:test';
import { signTest } from '../../src/protocol/ecom/test-signature.ts';
import { send, target } from '../helpers/callbacks.ts';
import { startTestService } from '../helpers/service.ts';

const SALTS = { DIGEST_SALT: 'the-salt-of-today-7Jx2', DIGEST_SALT_PREVIOUS: 'the-salt-before-it-9Qm4' };
const TOKENS = { STATUS_TOKEN: 'the-token-of-today-3Ws8-Lp', STATUS_TOKEN_PREVIOUS: 'the-token-before-5Tg7-Yh' };
const BASIC = {
  BASIC_AUTH_USERNAME: 'resurs',
  BASIC_AUTH_PASSWORD: 'the-password-of-today-8Kd',
  BASIC_AUTH_USERNAME_PREVIOUS: 'resurs-old',
  BASIC_AUTH_PASSWORD_PREVIOUS: 'the-password-before-2Fz',
};

/** The real function, saved before it is observed. */
const realTimingSafeEqual = timingSafeEqual;

type Comparison = readonly [length: number, isEqual: boolean];

/** Starts the service and observes comparisons; `takeComparisons` returns those since its last call. */
async function setup(t: TestContext, env: Record<string, string>) {
  const receiver = await startTestService(t, { env });
  const seen: Comparison[] = [];
  t.mock.method(crypto, 'timingSafeEqual', (a: Buffer, b: Buffer) => {
    const isEqual = realTimingSafeEqual(a, b);
    seen.push([a.length, isEqual]);
    return isEqual;
  });
  // Named imports follow the module object only after this call.
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  return { receiver, takeComparisons: () => seen.splice(0) };
}

test('a digest is compared as a whole with that of every salt, whichever matches, or none', async (t) => {
  const { receiver, takeComparisons } = await setup(t, SALTS);
  const [first, second] = [SALTS.DIGEST_SALT, SALTS.DIGEST_SALT_PREVIOUS];
  const salts: [string, boolean, boolean][] = [
    [first, true, false],
    [second, false, true],
    ['wrong', false, false],
  ];

  for (const [salt, isFirst, isSecond] of salts) {
    const { status } = await send(receiver.url, target('UNFREEZE', '100000016', { salt }));

    assert.equal(status, isFirst || isSecond ? 204 : 406);
    assert.deepEqual(
      takeComparisons(),
      [
        [20, isFirst],
        [20, isSecond],
      ],
      salt,
    );
  }
});

test('Basic credentials are compared as hashes with every pair, whatever part of them matches', async (t) => {
  const { receiver, takeComparisons } = await setup(t, BASIC);
  const pairs: [string, Comparison[]][] = [
    [
      `resurs:${BASIC.BASIC_AUTH_PASSWORD}`,
      [
        [32, true],
        [32, false],
      ],
    ],
    [
      `resurs-old:${BASIC.BASIC_AUTH_PASSWORD_PREVIOUS}`,
      [
        [32, false],
        [32, true],
      ],
    ],
    [
      `resurs:${BASIC.BASIC_AUTH_PASSWORD.slice(0, -1)}`,
      [
        [32, false],
        [32, false],
      ],
    ],
    [
      'unknown:x',
      [
        [32, false],
        [32, false],
      ],
    ],
    [
      `resurs:${'x'.repeat(5_000)}`,
      [
        [32, false],
        [32, false],
      ],
    ],
  ];

  for (const [pair, comparisons] of pairs) {
    const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
    await send(receiver.url, '/callbacks/resurs?c=UNFREEZE', { headers: { authorization } });

    assert.deepEqual(takeComparisons(), comparisons, pair);
  }
});

test('a bearer token is compared as a hash with every token, a missing one too', async (t) => {
  const { receiver, takeComparisons } = await setup(t, TOKENS);
  const tokens: [string, Comparison[]][] = [
    [
      TOKENS.STATUS_TOKEN,
      [
        [32, true],
        [32, false],
      ],
    ],
    [
      TOKENS.STATUS_TOKEN_PREVIOUS,
      [
        [32, false],
        [32, true],
      ],
    ],
    [
      TOKENS.STATUS_TOKEN.slice(0, -1),
      [
        [32, false],
        [32, false],
      ],
    ],
    [
      'x',
      [
        [32, false],
        [32, false],
      ],
    ],
    [
      '',
      [
        [32, false],
        [32, false],
      ],
    ],
  ];

  for (const [token, comparisons] of tokens) {
    const { status } = await send(receiver.url, '/status', { headers: { authorization: `Bearer ${token}` } });

    assert.equal(status, comparisons.some(([, isEqual]) => isEqual) ? 200 : 401);
    assert.deepEqual(takeComparisons(), comparisons, token);
  }
});

test('the signature of a TEST is compared as a whole with that of every secret', async (t) => {
  const { receiver, takeComparisons } = await setup(t, SALTS);
  const [param1, param2] = ['0123456789abcdef0123456789abcdef', String(Math.floor(Date.now() / 1000))];
  const right = signTest(SALTS.DIGEST_SALT_PREVIOUS, param1, param2);
  const signatures: [string, boolean][] = [
    [right, true],
    [`${right.slice(0, -1)}${right.endsWith('0') ? '1' : '0'}`, false],
  ];

  for (const [signature, isRight] of signatures) {
    await send(receiver.url, `/callbacks/resurs?c=TEST&param1=${param1}&param2=${param2}&param5=${signature}`);

    assert.deepEqual(takeComparisons(), [
      [20, false],
      [20, isRight],
    ]);
  }
});
