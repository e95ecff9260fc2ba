/**
 * What the certificate files of the webhook must contain: it is found at start, not when the first delivery fails. The
 * files are real.
 */
import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeAuthority, makeSelfSigned } from '../helpers/certificates.ts';
import { assertSettingError, DIGEST_KEY, settingErrors } from '../helpers/config.ts';
import { makeFolder } from '../helpers/embedded.ts';

const { cert, key } = await makeSelfSigned('shop.example');
const other = await makeSelfSigned('other.example');

async function setup(t: TestContext) {
  const folder = await makeFolder(t);
  return async (name: string, content: string) => {
    const file = path.join(folder, name);
    await writeFile(file, content);
    return file;
  };
}

const BROKEN = '-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n';

const NO_CERTIFICATES: readonly (readonly [string, string, string])[] = [
  ['an empty file', '', 'contains no certificate'],
  ['a private key', key, 'contains no certificate'],
  ['a text', 'certificate of the shop', 'contains no certificate'],
  ['a broken certificate', BROKEN, 'contains a certificate that cannot be read'],
  ['a broken certificate behind a good one', cert + BROKEN, 'contains a certificate that cannot be read'],
];

for (const [name, content, problem] of NO_CERTIFICATES) {
  test(`WEBHOOK_CA_FILE rejects ${name}`, async (t) => {
    const fileWith = await setup(t);
    const env = { DIGEST_KEY, WEBHOOK_CA_FILE: await fileWith('ca.pem', content) };

    const { fix } = assertSettingError(env, 'WEBHOOK_CA_FILE', `names a file that ${problem}`);

    assert.equal(fix, 'set it to the path of a PEM file with certificates that the user of the service can read');
  });
}

test('several certificates with text around them are accepted', async (t) => {
  const fileWith = await setup(t);
  const { root } = await makeAuthority();
  const ca = await fileWith('ca.pem', `# ours\n${root}\nsubject=CN=shop\n${cert}`);

  assert.deepEqual(settingErrors({ DIGEST_KEY, WEBHOOK_CA_FILE: ca }), []);
});

test('a client certificate with its key and its chain is accepted', async (t) => {
  const fileWith = await setup(t);
  const authority = await makeAuthority();
  const leaf = await authority.issue('client.example');
  const env = {
    DIGEST_KEY,
    WEBHOOK_CLIENT_CERT_FILE: await fileWith('cert.pem', leaf.cert),
    WEBHOOK_CLIENT_KEY_FILE: await fileWith('key.pem', leaf.key),
  };

  assert.deepEqual(settingErrors(env), []);
});

test('a key of another certificate is an error', async (t) => {
  const fileWith = await setup(t);
  const env = {
    DIGEST_KEY,
    WEBHOOK_CLIENT_CERT_FILE: await fileWith('cert.pem', cert),
    WEBHOOK_CLIENT_KEY_FILE: await fileWith('key.pem', other.key),
  };

  assertSettingError(env, 'WEBHOOK_CLIENT_KEY_FILE', /does not belong to the first certificate/);
});

test('a key with a passphrase is an error', async (t) => {
  const fileWith = await setup(t);
  const cipher = { cipher: 'aes-256-cbc', passphrase: 'x' };
  const encrypted = createPrivateKey(key)
    .export({ type: 'pkcs8', format: 'pem', ...cipher })
    .toString();
  const env = {
    DIGEST_KEY,
    WEBHOOK_CLIENT_CERT_FILE: await fileWith('cert.pem', cert),
    WEBHOOK_CLIENT_KEY_FILE: await fileWith('key.pem', encrypted),
  };

  assertSettingError(env, 'WEBHOOK_CLIENT_KEY_FILE', /contains a private key with a passphrase/);
});

test('a certificate in the place of the key is an error', async (t) => {
  const fileWith = await setup(t);
  const file = await fileWith('cert.pem', cert);

  const env = { DIGEST_KEY, WEBHOOK_CLIENT_CERT_FILE: file, WEBHOOK_CLIENT_KEY_FILE: file };

  assertSettingError(env, 'WEBHOOK_CLIENT_KEY_FILE', 'names a file that contains no private key');
});

for (const [given, needed] of [
  ['WEBHOOK_CLIENT_CERT_FILE', 'WEBHOOK_CLIENT_KEY_FILE'],
  ['WEBHOOK_CLIENT_KEY_FILE', 'WEBHOOK_CLIENT_CERT_FILE'],
] as const) {
  test(`${given} without ${needed} is an error that names both`, async (t) => {
    const fileWith = await setup(t);
    const file = await fileWith('both.pem', cert + key);

    assertSettingError({ DIGEST_KEY, [given]: file }, given, `is set without ${needed}`);
  });
}
