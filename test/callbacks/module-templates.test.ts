/**
 * The URL templates that shop modules register, each filled in as Resurs does and sent over HTTP to one service that
 * takes over the paths of all of them. Each callback gets 204 and becomes the right event, proven by its digest. A
 * template that is not understood loses every callback of the shop that uses the module.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { fillTemplate } from '../../src/protocol/ecom/url-template.ts';
import { SALT, send } from '../helpers/callbacks.ts';
import { type StoredEvent, storedEvents } from '../helpers/database-state.ts';
import { CALLBACK_PATHS, MODULE_TEMPLATES, type ModuleTemplate, UNSIGNED_TESTS } from '../helpers/module-templates.ts';
import { assertAccepted } from '../helpers/responses.ts';
import { startTestService } from '../helpers/service.ts';

const EVENTS: Readonly<Record<string, string>> = {
  BOOKED: 'payment.booked',
  UPDATE: 'payment.updated',
  UNFREEZE: 'payment.unfrozen',
  ANNULMENT: 'payment.annulled',
  FINALIZATION: 'payment.finalized',
  AUTOMATIC_FRAUD_CONTROL: 'payment.frozen',
  TEST: 'callback.test',
  PASSWORD_EXPIRATION: 'account.password_expiring',
};
const HAS_BODY = ['BOOKED', 'UPDATE'];

/** The values of one callback; no other callback has the same. */
function valuesOf(number: number, result: string): Map<string, string> {
  const names = ['paymentId', 'identifier', 'param1', 'param2', 'param3', 'param4', 'param5'];
  const values = names.map((name): [string, string] => [name, `${number}-åäö/ ${name}`]);
  return new Map([...values, ['paymentId', `2026-${number} ö`], ['result', result]]);
}

function fill({ template, signed, algorithm }: ModuleTemplate, type: string, values: Map<string, string>): string {
  const text = signed.map((name) => values.get(name)).join('');
  const all = new Map([...values, ['digest', computeDigest(algorithm, text, SALT)]]);
  return fillTemplate(template.replace('{TYPE}', type).replace('{type}', type.toLowerCase()), all);
}

/** What has to be stored; the values of TEST and the account of PASSWORD_EXPIRATION are among the parameters. */
function expectedEvent({ parameters, signed }: ModuleTemplate, type: string, values: Map<string, string>) {
  const isPayment = type !== 'TEST' && type !== 'PASSWORD_EXPIRATION';
  const kept = Object.fromEntries(isPayment ? [] : signed.map((name) => [name, values.get(name)]));
  const isFraud = type === 'AUTOMATIC_FRAUD_CONTROL';
  return {
    callback: type,
    type: EVENTS[type],
    payment_id: isPayment ? values.get('paymentId') : null,
    result: isFraud ? values.get('result') : null,
    parameters: type === 'TEST' ? kept : { ...kept, ...parameters },
    verified: { digest: true, result: !isFraud || signed.includes('result') },
    times: 2,
  };
}

function storedFacts({ callback, type, payment_id, result, parameters, verified, times }: StoredEvent) {
  const { digest, result: isProven } = verified;
  return { callback, type, payment_id, result, parameters, verified: { digest, result: isProven }, times };
}

test('callbacks of every known module become the right events', async (t) => {
  const env = { CALLBACK_PATHS: CALLBACK_PATHS.join(','), DIGEST_ALGORITHM: 'sha1,md5' };
  const receiver = await startTestService(t, { env });
  let number = 0;

  for (const module of MODULE_TEMPLATES) {
    await t.test(`${module.module}: ${module.template}`, async () => {
      const before = (await storedEvents(receiver)).length;
      const cases = module.types.map((type) => {
        number += 1;
        const values = valuesOf(number, 'FROZEN');
        return { type, values, target: fill(module, type, values) };
      });

      for (const { type, target } of cases) {
        // The type in the other case is the same type.
        const spelled = target.replaceAll(type, type.toLowerCase());
        const posting = HAS_BODY.includes(type) ? { method: 'POST', body: '{"a":1}' } : {};
        assertAccepted(await send(receiver.url, target, posting), type);
        assertAccepted(await send(receiver.url, spelled, posting), type);
      }

      assert.deepEqual(
        (await storedEvents(receiver)).slice(before).map(storedFacts),
        cases.map(({ type, values }) => expectedEvent(module, type, values)),
      );
    });
  }
});

test('a digest of another payment is refused in every template', async (t) => {
  const env = { CALLBACK_PATHS: CALLBACK_PATHS.join(','), DIGEST_ALGORITHM: 'sha1,md5' };
  const receiver = await startTestService(t, { env });

  for (const module of MODULE_TEMPLATES) {
    const [type = ''] = module.types;
    const digestPart = module.algorithm === 'md5' ? /[0-9A-F]{32}/ : /[0-9A-F]{40}/;
    const right = fill(module, type, valuesOf(1, 'FROZEN'));
    const [digest = ''] = digestPart.exec(right) ?? [];

    const response = await send(receiver.url, fill(module, type, valuesOf(2, 'FROZEN')).replace(digestPart, digest));

    assert.equal(response.status, 406, module.module);
  }
  assert.deepEqual(await storedEvents(receiver), []);
});

test('a TEST without a digest is taken in the spelling of every module, and not stored', async (t) => {
  const receiver = await startTestService(t, { env: { CALLBACK_PATHS: CALLBACK_PATHS.join(',') } });

  for (const target of UNSIGNED_TESTS) assertAccepted(await send(receiver.url, target), 'TEST');

  assert.deepEqual(await storedEvents(receiver), []);
});
