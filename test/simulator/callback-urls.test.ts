/**
 * The URLs that a simulation calls: the two forms of contract 4.1, filled in and signed as Resurs does it. If they were
 * wrong, a simulation would prove nothing. Pure; the digests are those that Resurs documents, or were computed by other
 * tools.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Registration } from '../../src/protocol/ecom/registration.ts';
import { deriveSalt } from '../../src/protocol/ecom/salts.ts';
import { type TemplateOptions, urlTemplate } from '../../src/protocol/ecom/url-template.ts';
import { assumedRegistration, type SigningSecrets, saltFor } from '../../src/simulator/assumed-registration.ts';
import { callUrl, corruptDigest } from '../../src/simulator/call-url.ts';

const TARGET = 'https://shop.example/callbacks/resurs';
const REGISTERED_AT = '1700000000';

function template(options: Partial<TemplateOptions> = {}): TemplateOptions {
  return { target: TARGET, form: 'query', registeredAt: REGISTERED_AT, signed: true, ...options };
}

function signing(options: Partial<SigningSecrets> = {}): SigningSecrets {
  return {
    algorithm: 'sha1',
    key: null,
    salt: 'SecretHashSalt',
    salts: {},
    registeredAt: REGISTERED_AT,
    ...options,
  };
}

function registration(options: Partial<Registration> = {}): Pick<Registration, 'uriTemplate' | 'digest'> {
  return { uriTemplate: '/x?p={paymentId}&d={digest}', digest: null, ...options };
}

function facts(values: Record<string, string | null>): Map<string, string | null> {
  return new Map(Object.entries(values));
}

test('the query form contains type, time, payment and digest', () => {
  assert.equal(urlTemplate('UNFREEZE', template()), `${TARGET}?c=UNFREEZE&t=1700000000&p={paymentId}&d={digest}`);
});

test('the query form of AUTOMATIC_FRAUD_CONTROL contains the result', () => {
  const url = urlTemplate('AUTOMATIC_FRAUD_CONTROL', template());

  assert.equal(url, `${TARGET}?c=AUTOMATIC_FRAUD_CONTROL&t=1700000000&p={paymentId}&r={result}&d={digest}`);
});

test('a target with a query of its own keeps it', () => {
  const url = urlTemplate('UNFREEZE', template({ target: 'https://shop.example/?wc-api=ResursDefault' }));

  assert.equal(url, 'https://shop.example/?wc-api=ResursDefault&c=UNFREEZE&t=1700000000&p={paymentId}&d={digest}');
});

test('the pair form has the type first, and the time in the query', () => {
  const url = urlTemplate('AUTOMATIC_FRAUD_CONTROL', template({ form: 'pairs' }));

  const path = '/automatic_fraud_control/paymentId/{paymentId}/result/{result}/digest/{digest}';
  assert.equal(url, `${TARGET}${path}?t=1700000000`);
});

test('the pair form of TEST has five values', () => {
  const url = urlTemplate('TEST', template({ form: 'pairs', signed: false }));

  const values = [1, 2, 3, 4, 5].map((number) => `/param${number}/{param${number}}`).join('');
  assert.equal(url, `${TARGET}/test${values}?t=1700000000`);
});

test('the pair form below the root has no double slash', () => {
  const url = urlTemplate('UNFREEZE', template({ form: 'pairs', target: 'https://shop.example/', signed: false }));

  assert.equal(url, 'https://shop.example/unfreeze/paymentId/{paymentId}?t=1700000000');
});

test('values are percent-encoded, slashes included', () => {
  assert.equal(callUrl(registration(), facts({ paymentId: 'Å 1/2&c=TEST' })), '/x?p=%C3%85%201%2F2%26c%3DTEST&d=');
});

test('the five values of TEST fill their placeholders', () => {
  const values = facts({ param1: 'a', param2: 'b', param3: 'c', param4: 'd', param5: 'e' });

  assert.equal(callUrl(registration({ uriTemplate: '/{param1}/{param2}/{param5}' }), values), '/a/b/e');
});

for (const { name, parameters, algorithm, digest } of [
  {
    name: 'the documented SHA-1 of a payment',
    parameters: ['paymentId'],
    algorithm: 'sha1',
    digest: 'C60345B6E58FD0B363FD2904A39EBB03442CF778',
  },
  { name: 'its MD5', parameters: ['paymentId'], algorithm: 'md5', digest: 'E219B9BC55A017DBC524A42ACF274117' },
  {
    name: 'the SHA-1 of a payment and its result',
    parameters: ['paymentId', 'result'],
    algorithm: 'sha1',
    digest: '4FFE42F0C65006E0AC309202CDAE47D0214B5995',
  },
] as const) {
  test(`a call is signed over what was registered: ${name}`, () => {
    const rule = { algorithm, parameters, salt: 'SecretHashSalt' };

    const url = callUrl(registration({ digest: rule }), facts({ paymentId: '10000016', result: 'FROZEN' }));

    assert.equal(url, `/x?p=10000016&d=${digest}`);
  });
}

test('a corrupted digest differs in its first digit only', () => {
  assert.equal(corruptDigest('C60345B6E58FD0B363FD2904A39EBB03442CF778'), '060345B6E58FD0B363FD2904A39EBB03442CF778');
  assert.equal(corruptDigest('060345B6E58FD0B363FD2904A39EBB03442CF778'), '160345B6E58FD0B363FD2904A39EBB03442CF778');
});

test('a key gives each type and each registration a salt of its own', () => {
  const key = 'k'.repeat(32);

  assert.equal(saltFor(signing({ key }), 'BOOKED'), deriveSalt(key, 'BOOKED', REGISTERED_AT));
  assert.notEqual(saltFor(signing({ key }), 'BOOKED'), saltFor(signing({ key }), 'UPDATE'));
  assert.notEqual(saltFor(signing({ key }), 'BOOKED'), saltFor(signing({ key, registeredAt: '1' }), 'BOOKED'));
});

test('the salt of a type takes precedence over the general one', () => {
  const own = signing({ salts: { UPDATE: 'own' } });

  assert.equal(saltFor(own, 'UPDATE'), 'own');
  assert.equal(saltFor(own, 'BOOKED'), 'SecretHashSalt');
});

test('without salt and key a registration has neither a digest nor a placeholder for it', () => {
  const assumed = { target: TARGET, form: 'query', signing: signing({ salt: null }), basic: null } as const;

  const { uriTemplate, digest } = assumedRegistration('UNFREEZE', assumed);

  assert.deepEqual(
    { uriTemplate, digest },
    { uriTemplate: `${TARGET}?c=UNFREEZE&t=1700000000&p={paymentId}`, digest: null },
  );
});
