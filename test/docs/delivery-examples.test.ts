/**
 * The three examples of docs/delivery.md verify signatures: each is read from the page unchanged and verifies messages that the
 * service's own code has signed. A language that is not installed is skipped.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { signatureHeader, signingKey } from '../../src/deliveries/signature.ts';
import { type Message, php, python, SECRET, typescript, type Verifier } from './signature-examples.ts';

const OTHER = `whsec_${Buffer.alloc(32, 'another secret').toString('base64')}`;

interface SignOptions {
  readonly secrets?: readonly string[];
  readonly ageSeconds?: number;
  readonly body?: Buffer;
}

const BODY = Buffer.from('{"type":"payment.unfrozen","data":{"paymentId":"ö/1","total":1.50}}\n');

function signed({ secrets = [SECRET], ageSeconds = 0, body = BODY }: SignOptions = {}): Message {
  const id = 'evt_01a1fbe2-aa83-722d-802d-0b88d952979c';
  const timestamp = Math.floor(Date.now() / 1000) - ageSeconds;
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': signatureHeader(secrets.map(signingKey), { id, timestamp, body }),
  };
  return { headers, body };
}

function changed(message: Message, headers: Record<string, string>): Message {
  return { ...message, headers: { ...message.headers, ...headers } };
}

/** Built when the test runs, since timestamps must be current. */
function cases(): readonly [name: string, message: Message, isGenuine: boolean][] {
  const right = signed();
  const signature = right.headers['webhook-signature'] ?? '';
  return [
    ['a right one', right, true],
    ['the first of two signatures', signed({ secrets: [SECRET, OTHER] }), true],
    ['the second of two signatures', signed({ secrets: [OTHER, SECRET] }), true],
    [
      'one beside a signature of another version',
      changed(right, { 'webhook-signature': `v2,AAAA ${signature}` }),
      true,
    ],
    ['four minutes old', signed({ ageSeconds: 240 }), true],
    ['an empty body', signed({ body: Buffer.alloc(0) }), true],
    ['bytes that are no text', signed({ body: Buffer.from([0, 255, 13, 10, 128]) }), true],
    ['another secret', signed({ secrets: [OTHER] }), false],
    ['two other secrets', signed({ secrets: [OTHER, `${OTHER.slice(0, -4)}AAAA`] }), false],
    ['more than five minutes old', signed({ ageSeconds: 310 }), false],
    ['more than five minutes ahead', signed({ ageSeconds: -330 }), false],
    ['another body', { ...right, body: Buffer.from(BODY.toString().replace('1.50', '9.50')) }, false],
    [
      'a body that was parsed and written again',
      { ...right, body: Buffer.from(JSON.stringify(JSON.parse(`${BODY}`))) },
      false,
    ],
    ['another id', changed(right, { 'webhook-id': 'evt_another' }), false],
    ['another time', changed(right, { 'webhook-timestamp': String(Math.floor(Date.now() / 1000) - 5) }), false],
    ['a time that is no number', changed(right, { 'webhook-timestamp': 'now' }), false],
    ['a signature without its version', changed(right, { 'webhook-signature': signature.slice(3) }), false],
    ['half a signature', changed(right, { 'webhook-signature': signature.slice(0, 20) }), false],
    ['only the version', changed(right, { 'webhook-signature': 'v1,' }), false],
    ['no headers', { ...right, headers: {} }, false],
  ];
}

const LANGUAGES: readonly [
  name: string,
  command: string,
  make: (t: TestContext, secret?: string) => Promise<Verifier>,
][] = [
  ['TypeScript', process.execPath, typescript],
  ['PHP', 'php', php],
  ['Python', 'python3', python],
];

for (const [name, command, make] of LANGUAGES) {
  const isInstalled = spawnSync(command, ['--version']).status === 0;
  const skip = isInstalled ? undefined : `${command} is not installed`;

  test(`the ${name} example accepts genuine messages and refuses all others`, { skip }, async (t) => {
    const verify = await make(t);
    const given = cases();

    const accepted = await verify(given.map(([, message]) => message));

    assert.deepEqual(
      given.map(([what], index) => [what, accepted[index]]),
      given.map(([what, , isGenuine]) => [what, isGenuine]),
    );
  });

  test(`the ${name} example fails loudly without a secret, since anybody can sign with an empty key`, {
    skip,
  }, async (t) => {
    for (const secret of ['', 'whsec_']) {
      const verify = await make(t, secret);

      await assert.rejects(verify([signed({ secrets: ['whsec_'] })]), /WEBHOOK_SECRET is missing|500/);
    }
  });
}
