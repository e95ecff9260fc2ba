/**
 * What the REST client makes of a no: Resurs' own code and text, whichever of its shapes the error has, and the kind
 * that the next step depends on. A yes that cannot be read is no yes. Real HTTP.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, BOOKED, failureOf, NEVER, says, saysJson, startWith } from '../helpers/fake-account.ts';

const HTML = says(502, 'text/html; charset=utf-8', '<!DOCTYPE html><html><body><h1>Bad Gateway</h1></body></html>');

for (const [what, answer, expected] of [
  ['a message', saysJson(400, { message: 'Bad template' }), ['refused', 400, null, 'Bad template']],
  ['description and code', saysJson(500, { description: 'No', code: 17 }), ['refused', 500, '17', 'No']],
  ['description and errorCode', saysJson(400, { errorCode: 'X-1', description: 'No' }), ['refused', 400, 'X-1', 'No']],
  [
    'the fields of a SOAP fault',
    saysJson(500, { errorTypeId: 4, errorTypeDescription: 'NOT_ALLOWED', userErrorMessage: 'Ej tillåtet' }),
    ['refused', 500, '4', 'Ej tillåtet'],
  ],
  ['wrong credentials', saysJson(401, { message: 'Bad credentials' }), ['credentials', 401, null, 'Bad credentials']],
  ['a closed door', says(403, 'text/html', '<html>'), ['credentials', 403, null, 'the credentials are not accepted']],
  [
    'error 503 of Resurs',
    saysJson(500, { errorTypeId: 503 }),
    ['credentials', 500, '503', 'the credentials are not accepted'],
  ],
  [
    'something in the way',
    saysJson(400, { message: 'Callback of type BOOKED ALREADY EXISTS!' }),
    ['already_exists', 400, null, 'Callback of type BOOKED ALREADY EXISTS!'],
  ],
  [
    'an error that only sounds like it',
    saysJson(500, { errorTypeId: 3, userErrorMessage: 'key already exists' }),
    ['refused', 500, '3', 'key already exists'],
  ],
  ['error 8 of Resurs', saysJson(500, { errorTypeId: '8', message: 'x' }), ['does_not_exist', 500, '8', 'x']],
  ['a plain text', says(400, 'text/plain', 'Bad\r\nRequest'), ['refused', 400, null, 'Bad Request']],
  ['a JSON text', saysJson(400, 'Bad Request'), ['refused', 400, null, 'Bad Request']],
  ['nothing', says(500, 'text/plain', ' '), ['refused', 500, null, 'refused without a reason']],
  [
    'an odd JSON',
    saysJson(500, [{ message: 'x' }]),
    ['refused', 500, null, 'refused without a reason that can be read'],
  ],
  [
    'half a JSON',
    says(500, 'application/json', '{"mess'),
    ['refused', 500, null, 'refused without a reason that can be read'],
  ],
  ['a proxy', HTML, ['refused', 502, null, 'refused with a web page, which is no answer of this interface']],
  ['a path it does not know', saysJson(404, {}), ['refused', 404, null, 'refused without a reason that can be read']],
] satisfies [string, Answer, (string | number | null)[]][]) {
  test(`a registration refused with ${what} is told so`, async (t) => {
    const { rest } = await startWith(t, answer);

    const { channel, operation, kind, status, code, text } = failureOf(await rest.register('BOOKED', BOOKED, NEVER));

    assert.deepEqual([channel, operation], ['REST', 'POST /callbacks/BOOKED']);
    assert.deepEqual([kind, status, code, text], expected);
  });
}

test('404 for a removal means that nothing was there', async (t) => {
  const { rest } = await startWith(t, says(404, 'application/json', ''));

  const failure = failureOf(await rest.unregister('UPDATE', NEVER));

  assert.deepEqual([failure.operation, failure.kind], ['DELETE /callbacks/UPDATE', 'does_not_exist']);
});

test('404 as a web page says nothing about the registration', async (t) => {
  const { rest } = await startWith(t, says(404, 'text/html', '<html>Not found</html>'));

  assert.equal(failureOf(await rest.read('BOOKED', NEVER)).kind, 'refused');
  assert.equal(failureOf(await rest.unregister('BOOKED', NEVER)).kind, 'refused');
});

test('404 for the list is a refusal', async (t) => {
  const { rest } = await startWith(t, says(404, 'application/json', ''));

  const failure = failureOf(await rest.list(NEVER));

  assert.deepEqual([failure.operation, failure.kind, failure.status], ['GET /callbacks', 'refused', 404]);
});

for (const [what, answer, text] of [
  ['an object', saysJson(200, { callbacks: [] }), 'the answer is no JSON list'],
  ['nothing', says(200, 'application/json', ''), 'the answer is no JSON list'],
  ['half a list', says(200, 'application/json', '[{"eventType":"BOOKED",'), 'the answer is no JSON list'],
  ['a log-in page', says(200, 'text/plain', '\n<!doctype HTML><title>Log in</title>'), 'the answer is a web page'],
] satisfies [string, Answer, string][]) {
  test(`${what} in place of the list is not understood`, async (t) => {
    const { rest } = await startWith(t, answer);

    const failure = failureOf(await rest.list(NEVER));

    assert.deepEqual([failure.kind, failure.status, failure.text], ['not_understood', 200, text]);
  });
}

for (const body of ['[]', '"https://a.example"', '{"uriTemplate":5}', '{"uriTemplate":"https://a.ex']) {
  test(`${body} in place of one registration is not understood`, async (t) => {
    const { rest } = await startWith(t, says(200, 'application/json', body));

    assert.equal(failureOf(await rest.read('BOOKED', NEVER)).kind, 'not_understood');
  });
}
