/**
 * How the clients report a refusal: Resurs' own code and text in each shape of the error, and the kind that decides the
 * next step. A success counts only if its response can be parsed, which is not so for many responses of proxies. Real
 * HTTP.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BOOKED,
  failureOf,
  NEVER,
  type Responder,
  respondJson,
  respondWith,
  respondXml,
  startFakeAccount,
} from '../helpers/fake-account.ts';

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const EXCEPTION = 'http://ecommerce.resurs.com/v4/msg/exception';

function envelope(body: string): string {
  return `<s:Envelope xmlns:s="${SOAP}"><s:Body>${body}</s:Body></s:Envelope>`;
}

/** A fault as Resurs makes it; `userErrorMessage` is its text. */
function fault(errorTypeId: number, text: string, faultstring = text): string {
  const error =
    `<e:ECommerceError xmlns:e="${EXCEPTION}"><errorTypeDescription>SOME_TYPE</errorTypeDescription>` +
    `<errorTypeId>${errorTypeId}</errorTypeId><fixableByYou>true</fixableByYou>` +
    `<userErrorMessage>${text}</userErrorMessage></e:ECommerceError>`;
  const head = `<faultcode>s:Server</faultcode><faultstring>${faultstring}</faultstring>`;
  return envelope(`<s:Fault>${head}<detail>${error}</detail></s:Fault>`);
}

const EXISTS = 'Callback of type BOOKED already exists!';
const GONE = 'Callback of type BOOKED does not exist!';
const BARE_FAULT = '<s:Fault><faultcode>s:Client</faultcode><faultstring>No such operation</faultstring></s:Fault>';
const QUALIFIED = fault(8, GONE).replaceAll(/<(\/?)(err|fix|user)/g, '<$1e:$2');
const IN_DEFAULT_NAMESPACE = `<Envelope xmlns="${SOAP}"><Body><Fault><faultcode>Server</faultcode><faultstring>No</faultstring></Fault></Body></Envelope>`;

const html = (status: number, body = '<html>') => respondWith(status, 'text/html; charset=utf-8', body);
const PROXY_PAGE = '<!DOCTYPE html><html><body><h1>Bad Gateway</h1></body></html>';

const NOT_ACCEPTED = 'the credentials are not accepted';
const NO_REASON = 'refused without a reason';
const UNREADABLE_REASON = 'refused without a readable reason';
const WEB_PAGE = 'refused with a web page, which is not a response of this interface';

type Expected = readonly [kind: string, status: number, code: string | null, text: string];
type Refusal = readonly [api: 'rest' | 'soap', what: string, respond: Responder, expected: Expected];

const REFUSALS: readonly Refusal[] = [
  ['rest', 'a message', respondJson(400, { message: 'Bad template' }), ['refused', 400, null, 'Bad template']],
  ['rest', 'description and code', respondJson(500, { description: 'No', code: 17 }), ['refused', 500, '17', 'No']],
  [
    'rest',
    'description and errorCode',
    respondJson(400, { errorCode: 'X-1', description: 'No' }),
    ['refused', 400, 'X-1', 'No'],
  ],
  [
    'rest',
    'the fields of a SOAP fault',
    respondJson(500, { errorTypeId: 4, errorTypeDescription: 'NOT_ALLOWED', userErrorMessage: 'Ej tillåtet' }),
    ['refused', 500, '4', 'Ej tillåtet'],
  ],
  [
    'rest',
    'wrong credentials',
    respondJson(401, { message: 'Bad credentials' }),
    ['credentials', 401, null, 'Bad credentials'],
  ],
  ['rest', '403 and a web page', html(403), ['credentials', 403, null, NOT_ACCEPTED]],
  ['rest', 'error 503 of Resurs', respondJson(500, { errorTypeId: 503 }), ['credentials', 500, '503', NOT_ACCEPTED]],
  [
    'rest',
    'an existing registration',
    respondJson(400, { message: 'Callback of type BOOKED ALREADY EXISTS!' }),
    ['already_exists', 400, null, 'Callback of type BOOKED ALREADY EXISTS!'],
  ],
  [
    'rest',
    'another error that mentions "already exists"',
    respondJson(500, { errorTypeId: 3, userErrorMessage: 'key already exists' }),
    ['refused', 500, '3', 'key already exists'],
  ],
  [
    'rest',
    'error 8 of Resurs',
    respondJson(500, { errorTypeId: '8', message: 'x' }),
    ['does_not_exist', 500, '8', 'x'],
  ],
  ['rest', 'plain text', respondWith(400, 'text/plain', 'Bad\r\nRequest'), ['refused', 400, null, 'Bad Request']],
  ['rest', 'a JSON string', respondJson(400, 'Bad Request'), ['refused', 400, null, 'Bad Request']],
  ['rest', 'an empty body', respondWith(500, 'text/plain', ' '), ['refused', 500, null, NO_REASON]],
  ['rest', 'a JSON list', respondJson(500, [{ message: 'x' }]), ['refused', 500, null, UNREADABLE_REASON]],
  [
    'rest',
    'half a JSON object',
    respondWith(500, 'application/json', '{"mess'),
    ['refused', 500, null, UNREADABLE_REASON],
  ],
  ['rest', "a proxy's web page", html(502, PROXY_PAGE), ['refused', 502, null, WEB_PAGE]],
  ['rest', '404', respondJson(404, {}), ['refused', 404, null, UNREADABLE_REASON]],

  ['soap', 'an existing registration', respondXml(500, fault(1, EXISTS)), ['already_exists', 500, '1', EXISTS]],
  [
    'soap',
    'another error that mentions "already exists"',
    respondXml(500, fault(3, EXISTS)),
    ['refused', 500, '3', EXISTS],
  ],
  ['soap', 'error 8 of Resurs', respondXml(500, fault(8, 'No data')), ['does_not_exist', 500, '8', 'No data']],
  ['soap', 'the text "does not exist"', respondXml(500, fault(1, GONE)), ['does_not_exist', 500, '1', GONE]],
  ['soap', 'an illegal argument', respondXml(500, fault(1, 'Bad type')), ['refused', 500, '1', 'Bad type']],
  ['soap', 'error 503 of Resurs', respondXml(500, fault(503, 'No')), ['credentials', 500, '503', 'No']],
  [
    'soap',
    'two different texts',
    respondXml(500, fault(4, 'Ej nu', 'Not now')),
    ['refused', 500, '4', 'Ej nu; Not now'],
  ],
  ['soap', 'no text but the type', respondXml(500, fault(11, '')), ['refused', 500, '11', 'SOME_TYPE']],
  [
    'soap',
    'a fault of SOAP itself',
    respondXml(500, envelope(BARE_FAULT)),
    ['refused', 500, 'Client', 'No such operation'],
  ],
  ['soap', 'qualified elements', respondXml(500, QUALIFIED), ['does_not_exist', 500, '8', GONE]],
  ['soap', 'SOAP as the default namespace', respondXml(500, IN_DEFAULT_NAMESPACE), ['refused', 500, 'Server', 'No']],
  ['soap', 'a fault under status 200', respondXml(200, fault(1, EXISTS)), ['already_exists', 200, '1', EXISTS]],
  ['soap', 'a fault under status 400', respondXml(400, fault(1, 'Bad')), ['refused', 400, '1', 'Bad']],
  ['soap', 'wrong credentials', html(401), ['credentials', 401, null, NOT_ACCEPTED]],
  ['soap', "a proxy's web page", html(502, '<html><body><hr></body></html>'), ['refused', 502, null, WEB_PAGE]],
  ['soap', 'half a fault', respondXml(500, fault(1, EXISTS).slice(0, -9)), ['refused', 500, null, UNREADABLE_REASON]],
  ['soap', 'an empty body', respondXml(503, ''), ['refused', 503, null, NO_REASON]],
];

const REGISTER_CALL = {
  rest: ['REST', 'POST /callbacks/BOOKED'],
  soap: ['SOAP', 'registerEventCallback BOOKED'],
} as const;

for (const [api, what, respond, expected] of REFUSALS) {
  test(`a ${api.toUpperCase()} registration refused with ${what} reports kind, status, code and text`, async (t) => {
    const clients = await startFakeAccount(t, respond);

    const result = await clients[api].register('BOOKED', BOOKED, NEVER);

    const { channel, operation, kind, status, code, text } = failureOf(result);
    assert.deepEqual([channel, operation], REGISTER_CALL[api]);
    assert.deepEqual([kind, status, code, text], expected);
  });
}

for (const [api, what, respond, operation] of [
  ['rest', '404', respondWith(404, 'application/json', ''), 'DELETE /callbacks/UPDATE'],
  ['soap', 'error 8 of Resurs', respondXml(500, fault(8, GONE)), 'unregisterEventCallback UPDATE'],
] as const) {
  test(`a ${api.toUpperCase()} removal refused with ${what} reports that nothing was registered`, async (t) => {
    const clients = await startFakeAccount(t, respond);

    const failure = failureOf(await clients[api].unregister('UPDATE', NEVER));

    assert.deepEqual([failure.operation, failure.kind], [operation, 'does_not_exist']);
  });
}

test('404 with a web page does not mean that nothing is registered', async (t) => {
  const { rest } = await startFakeAccount(t, respondWith(404, 'text/html', '<html>Not found</html>'));

  assert.equal(failureOf(await rest.read('BOOKED', NEVER)).kind, 'refused');
  assert.equal(failureOf(await rest.unregister('BOOKED', NEVER)).kind, 'refused');
});

test('404 for the list is a refusal', async (t) => {
  const { rest } = await startFakeAccount(t, respondWith(404, 'application/json', ''));

  const failure = failureOf(await rest.list(NEVER));

  assert.deepEqual([failure.operation, failure.kind, failure.status], ['GET /callbacks', 'refused', 404]);
});

for (const [what, respond, text] of [
  ['an object', respondJson(200, { callbacks: [] }), 'the response is not a JSON list'],
  ['nothing', respondWith(200, 'application/json', ''), 'the response is not a JSON list'],
  ['half a list', respondWith(200, 'application/json', '[{"eventType":"BOOKED",'), 'the response is not a JSON list'],
  [
    'a login page',
    respondWith(200, 'text/plain', '\n<!doctype HTML><title>Log in</title>'),
    'the response is a web page',
  ],
] satisfies [string, Responder, string][]) {
  test(`${what} in place of the REST list is not understood`, async (t) => {
    const { rest } = await startFakeAccount(t, respond);

    const failure = failureOf(await rest.list(NEVER));

    assert.deepEqual([failure.kind, failure.status, failure.text], ['not_understood', 200, text]);
  });
}

for (const body of ['[]', '"https://a.example"', '{"uriTemplate":5}', '{"uriTemplate":"https://a.ex']) {
  test(`${body} in place of one REST registration is not understood`, async (t) => {
    const { rest } = await startFakeAccount(t, respondWith(200, 'application/json', body));

    assert.equal(failureOf(await rest.read('BOOKED', NEVER)).kind, 'not_understood');
  });
}

const READ = '<c:getRegisteredEventCallbackResponse xmlns:c="http://ecommerce.resurs.com/v4/msg/configuration"/>';
const NO_ELEMENT = 'the response has no getRegisteredEventCallbackResponse';

for (const [what, respond, text] of [
  ['a login page', respondWith(200, 'text/html', '<html><body/></html>'), 'the response is a web page'],
  ['a page declared as XML', respondXml(200, '<!DOCTYPE html>\n<html/>'), 'the response is a web page'],
  ['nothing', respondXml(200, ''), 'the response is not well-formed XML'],
  ['half an envelope', respondXml(200, envelope(READ).slice(0, -20)), 'the response is not well-formed XML'],
  ['an undefined entity', respondXml(200, envelope(`&auml;${READ}`)), 'the response is not well-formed XML'],
  [
    'a document type',
    respondXml(200, `<!DOCTYPE s:Envelope SYSTEM "http://127.0.0.1:9/">${envelope(READ)}`),
    'the response has a document type, which SOAP forbids',
  ],
  ['other XML', respondXml(200, READ), 'the response is not a SOAP envelope'],
  [
    'SOAP 1.2',
    respondXml(200, envelope(READ).replace(SOAP, 'http://www.w3.org/2003/05/soap-envelope')),
    'the response is not a SOAP envelope',
  ],
  ['an empty SOAP body', respondXml(200, envelope('')), NO_ELEMENT],
  [
    'the same name in another namespace',
    respondXml(200, envelope(READ.replace('configuration', 'configure'))),
    NO_ELEMENT,
  ],
] satisfies [string, Responder, string][]) {
  test(`${what} over SOAP is not understood, and does not mean that nothing is registered`, async (t) => {
    const { soap } = await startFakeAccount(t, respond);

    const failure = failureOf(await soap.read('BOOKED', NEVER));

    assert.deepEqual([failure.kind, failure.status, failure.text], ['not_understood', 200, text]);
  });
}
