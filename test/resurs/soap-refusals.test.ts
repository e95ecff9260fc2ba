/**
 * What the SOAP client makes of a no: Resurs' own number and text out of the fault, and the kind that the next step
 * depends on; and of answers that are no SOAP at all, as proxies give them. Real HTTP.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, BOOKED, failureOf, NEVER, says, saysXml, startWith } from '../helpers/fake-account.ts';

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

for (const [what, answer, expected] of [
  ['something in the way', saysXml(500, fault(1, EXISTS)), ['already_exists', 500, '1', EXISTS]],
  ['an error that only sounds like it', saysXml(500, fault(3, EXISTS)), ['refused', 500, '3', EXISTS]],
  ['nothing there', saysXml(500, fault(8, 'No data')), ['does_not_exist', 500, '8', 'No data']],
  ['nothing there, in words', saysXml(500, fault(1, GONE)), ['does_not_exist', 500, '1', GONE]],
  ['an illegal argument', saysXml(500, fault(1, 'Bad type')), ['refused', 500, '1', 'Bad type']],
  ['no permission', saysXml(500, fault(503, 'No')), ['credentials', 500, '503', 'No']],
  ['two different texts', saysXml(500, fault(4, 'Ej nu', 'Not now')), ['refused', 500, '4', 'Ej nu; Not now']],
  ['no text but the type', saysXml(500, fault(11, '')), ['refused', 500, '11', 'SOME_TYPE']],
  ['a fault of SOAP itself', saysXml(500, envelope(BARE_FAULT)), ['refused', 500, 'Client', 'No such operation']],
  ['qualified elements', saysXml(500, QUALIFIED), ['does_not_exist', 500, '8', GONE]],
  ['SOAP as the default namespace', saysXml(500, IN_DEFAULT_NAMESPACE), ['refused', 500, 'Server', 'No']],
  ['a fault under a good status', saysXml(200, fault(1, EXISTS)), ['already_exists', 200, '1', EXISTS]],
  ['a fault under 400', saysXml(400, fault(1, 'Bad')), ['refused', 400, '1', 'Bad']],
  [
    'wrong credentials',
    says(401, 'text/html', '<html>'),
    ['credentials', 401, null, 'the credentials are not accepted'],
  ],
  [
    'a proxy',
    says(502, 'text/html', '<html><body><hr></body></html>'),
    ['refused', 502, null, 'refused with a web page, which is no answer of this interface'],
  ],
  [
    'half a fault',
    saysXml(500, fault(1, EXISTS).slice(0, -9)),
    ['refused', 500, null, 'refused without a reason that can be read'],
  ],
  ['nothing', saysXml(503, ''), ['refused', 503, null, 'refused without a reason']],
] satisfies [string, Answer, (string | number | null)[]][]) {
  test(`a registration refused with ${what} is told so`, async (t) => {
    const { soap } = await startWith(t, answer);

    const { channel, operation, kind, status, code, text } = failureOf(await soap.register('BOOKED', BOOKED, NEVER));

    assert.deepEqual([channel, operation], ['SOAP', 'registerEventCallback BOOKED']);
    assert.deepEqual([kind, status, code, text], expected);
  });
}

test('reading a type of which Resurs says that it does not exist finds nothing', async (t) => {
  const { soap } = await startWith(t, saysXml(500, fault(8, GONE)));

  assert.deepEqual(await soap.read('BOOKED', NEVER), { outcome: 'done', value: null });
});

test('removing it is told as such', async (t) => {
  const { soap } = await startWith(t, saysXml(500, fault(8, GONE)));

  const failure = failureOf(await soap.unregister('BOOKED', NEVER));

  assert.deepEqual([failure.operation, failure.kind], ['unregisterEventCallback BOOKED', 'does_not_exist']);
});

const READ = '<c:getRegisteredEventCallbackResponse xmlns:c="http://ecommerce.resurs.com/v4/msg/configuration"/>';

for (const [what, answer, text] of [
  ['a log-in page', says(200, 'text/html', '<html><body/></html>'), 'the answer is a web page'],
  ['a page that calls itself XML', saysXml(200, '<!DOCTYPE html>\n<html/>'), 'the answer is a web page'],
  ['nothing', saysXml(200, ''), 'the answer is no well-formed XML'],
  ['half an envelope', saysXml(200, envelope(READ).slice(0, -20)), 'the answer is no well-formed XML'],
  ['an entity without a meaning', saysXml(200, envelope(`&auml;${READ}`)), 'the answer is no well-formed XML'],
  [
    'a document type',
    saysXml(200, `<!DOCTYPE s:Envelope SYSTEM "http://127.0.0.1:9/">${envelope(READ)}`),
    'the answer has a document type, which SOAP forbids',
  ],
  ['other XML', saysXml(200, READ), 'the answer is no SOAP envelope'],
  [
    'SOAP 1.2',
    saysXml(200, envelope(READ).replace(SOAP, 'http://www.w3.org/2003/05/soap-envelope')),
    'the answer is no SOAP envelope',
  ],
  ['an empty body', saysXml(200, envelope('')), 'the answer has no getRegisteredEventCallbackResponse'],
  [
    'the same name elsewhere',
    saysXml(200, envelope(READ.replace('configuration', 'configure'))),
    'the answer has no getRegisteredEventCallbackResponse',
  ],
] satisfies [string, Answer, string][]) {
  test(`${what} is not taken for "nothing is registered"`, async (t) => {
    const { soap } = await startWith(t, answer);

    const failure = failureOf(await soap.read('BOOKED', NEVER));

    assert.deepEqual([failure.kind, failure.status, failure.text], ['not_understood', 200, text]);
  });
}
