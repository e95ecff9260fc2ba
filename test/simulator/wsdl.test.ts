/**
 * The WSDL of the fake Resurs: a SOAP client that knows nothing else calls every operation. The client is PHP's own,
 * which is what shops use; without it, the test reads the WSDL as such a client would.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { DOMParser } from '@xmldom/xmldom';
import { plannedCallback } from '../../src/simulator/callbacks.ts';
import { PHP_SOAP, skipWithout } from '../helpers/tools.ts';
import { ACCOUNT, setUpFakeResurs } from './fake-resurs.ts';

const WSDL = 'http://schemas.xmlsoap.org/wsdl/';
const SOAP = 'http://schemas.xmlsoap.org/wsdl/soap/';

const skip = skipWithout(PHP_SOAP);

/** A payment that Resurs holds; no type has to be registered for it. */
const FROZEN = [
  plannedCallback('BOOKED', 'p-2', {}),
  plannedCallback('AUTOMATIC_FRAUD_CONTROL', 'p-2', { result: 'FROZEN' }),
];

/** Calls all operations and prints what it got; the account is in the environment. */
const CLIENT = `
$options = ['login' => getenv('LOGIN'), 'password' => getenv('PASSWORD'), 'cache_wsdl' => WSDL_CACHE_NONE];
$config = new SoapClient(getenv('SOAP_URL') . '/ConfigurationService?wsdl', $options);
$developer = new SoapClient(getenv('SOAP_URL') . '/DeveloperWebService?WSDL', $options);
$template = 'https://shop.example/callbacks?c=UNFREEZE&p={paymentId}&d={digest}';
$config->registerEventCallback([
  'eventType' => 'UNFREEZE', 'uriTemplate' => $template, 'basicAuthUserName' => 'resurs', 'basicAuthPassword' => null,
  'digestConfiguration' => ['digestAlgorithm' => 'SHA1', 'digestParameters' => ['paymentId'], 'digestSalt' => 'salt'],
]);
$read = $config->getRegisteredEventCallback(['eventType' => 'UNFREEZE'])->uriTemplate;
try {
  $config->unregisterEventCallback(['eventType' => 'BOOKED']);
} catch (SoapFault $fault) {
  $error = $fault->detail->ECommerceError->errorTypeDescription;
}
$developer->triggerEvent(['eventType' => 'UNFREEZE', 'param' => ['p-1']]);
$config->unregisterEventCallback(['eventType' => 'UNFREEZE']);
$shop = new SoapClient(getenv('SOAP_URL') . '/AfterShopFlowService?wsdl', $options);
$payment = $shop->getPayment(['paymentId' => 'p-2'])->return;
$found = $shop->findPayments([
  'searchCriteria' => ['modifiedFrom' => '2020-01-01T00:00:00Z', 'frozen' => true, 'statusSet' => ['DEBITABLE']],
  'pageNumber' => 1, 'itemsPerPage' => 10,
  'sortBy' => ['ascending' => true, 'sortColumns' => ['MODIFIED_TIME', 'PAYMENT_ID']],
])->return;
try {
  $shop->getPayment(['paymentId' => 'p-9']);
} catch (SoapFault $fault) {
  $unknown = [$fault->faultstring, $fault->detail->ECommerceError->errorTypeId];
}
echo json_encode([
  'read' => $read, 'error' => $error, 'frozen' => $payment->frozen, 'status' => $payment->status,
  'total' => $payment->totalAmount, 'diff' => $payment->paymentDiffs->paymentSpec->totalAmount,
  'customer' => $payment->customer->address->country, 'unknown' => $unknown,
  'found' => [$found->paymentId, $found->frozen, $found->status],
]);
`;

test("PHP's SOAP client calls every operation from the WSDL alone", { skip }, async (t) => {
  const { soapUrl, calls, run } = await setUpFakeResurs(t);
  await run([FROZEN]);
  const env = { ...process.env, SOAP_URL: soapUrl, LOGIN: ACCOUNT.username, PASSWORD: ACCOUNT.password };

  const { stdout, stderr } = await promisify(execFile)('php', ['-r', CLIENT], { env });

  assert.equal(stderr, '');
  assert.deepEqual(JSON.parse(stdout), {
    read: 'https://shop.example/callbacks?c=UNFREEZE&p={paymentId}&d={digest}',
    error: 'REFERENCED_DATA_DONT_EXISTS',
    frozen: true,
    status: 'DEBITABLE',
    total: '25.00000000000000000000',
    diff: '25.0000000000',
    customer: 'SE',
    unknown: ['This order group do not exists', '8'],
    found: ['p-2', true, 'DEBITABLE'],
  });
  assert.deepEqual(
    calls.map(({ operation, status }) => `${operation} ${status}`),
    [
      ...['wsdl 200', 'wsdl 200', 'register 200', 'read 200', 'unregister 500', 'trigger 200', 'unregister 200'],
      ...['wsdl 200', 'payment 200', 'search 200', 'payment 500'],
    ],
  );
});

for (const [service, operations] of [
  ['ConfigurationService', ['registerEventCallback', 'unregisterEventCallback', 'getRegisteredEventCallback']],
  ['DeveloperWebService', ['triggerEvent']],
  ['AfterShopFlowService', ['getPayment', 'findPayments']],
] as const) {
  test(`the WSDL of ${service} needs no credentials, and names its operations and its own address`, async (t) => {
    const { soapUrl } = await setUpFakeResurs(t);

    const response = await fetch(`${soapUrl}/${service}?wsdl`);
    const document = new DOMParser().parseFromString(await response.text(), 'text/xml');

    assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'text/xml;charset=UTF-8']);
    const bound = [...document.getElementsByTagNameNS(WSDL, 'operation')].map((one) => one.getAttribute('name'));
    assert.deepEqual(bound, [...operations, ...operations]);
    const [address] = document.getElementsByTagNameNS(SOAP, 'address');
    assert.equal(address?.getAttribute('location'), `${soapUrl}/${service}`);
    const elements = [...document.getElementsByTagName('xs:schema')].at(-1)?.getElementsByTagName('xs:element');
    const names = new Set([...(elements ?? [])].map((one) => one.getAttribute('name')));
    for (const operation of operations) assert.ok(names.has(operation) && names.has(`${operation}Response`), operation);
  });
}

test('only a GET with the query wsdl of a service that exists gets a WSDL', async (t) => {
  const { soapUrl } = await setUpFakeResurs(t);
  const statusOf = async (path: string, method = 'GET') => (await fetch(soapUrl + path, { method })).status;

  assert.equal(await statusOf('/ConfigurationService?singleWsdl'), 200);
  assert.equal(await statusOf('/ConfigurationService'), 401);
  assert.equal(await statusOf('/ConfigurationService?wsdls'), 401);
  assert.equal(await statusOf('/ConfigurationService?wsdl', 'POST'), 401);
  assert.equal(await statusOf('/NoService?wsdl'), 401);
});
