/**
 * The URL templates that shop modules register at Resurs, each with what a callback of it has to become. From the
 * modules' sources and Resurs' documentation.
 */

/** The callback paths of an operator who takes over all of them. */
export const CALLBACK_PATHS = [
  '/callbacks/resurs',
  '/wc-api/ResursDefault',
  '/wc-api/WC_Resurs_Bank',
  '/',
  '/shop',
  '/resursbank/index/callback',
  '/rest/V1/resursbank_ordermanagement/order',
  '/rest/V1/omnicheckout/order',
  '/rest/resursbank_checkout',
  '/index.php',
  '/resursbank/callback',
  '/Resursbank.aspx',
  '/callbacks',
];

export interface ModuleTemplate {
  readonly module: string;
  /** `{TYPE}` and `{type}` are the type in upper and lower case; the module writes it, not Resurs. */
  readonly template: string;
  readonly types: readonly string[];
  /** The values of the digest, in the order of the registration. */
  readonly signed: readonly string[];
  readonly algorithm: 'sha1' | 'md5';
  /** What the event keeps of the URL. An account is kept as well, and a TEST keeps its values alone. */
  readonly parameters: Readonly<Record<string, string>>;
}

type Signed = Pick<ModuleTemplate, 'types' | 'signed'>;

const VALUES = ['param1', 'param2', 'param3', 'param4', 'param5'];
const PAYMENT: Signed = { types: ['BOOKED', 'UPDATE', 'UNFREEZE', 'ANNULMENT', 'FINALIZATION'], signed: ['paymentId'] };
const FRAUD: Signed = { types: ['AUTOMATIC_FRAUD_CONTROL'], signed: ['paymentId', 'result'] };
/** As in Resurs' documentation, where the digest does not cover the result. */
const FRAUD_BY_ID: Signed = { types: FRAUD.types, signed: ['paymentId'] };
const TEST: Signed = { types: ['TEST'], signed: VALUES };
const ACCOUNT: Signed = { types: ['PASSWORD_EXPIRATION'], signed: ['identifier'] };

function row(
  module: string,
  signed: Signed,
  template: string,
  parameters: Readonly<Record<string, string>> = {},
  algorithm: 'sha1' | 'md5' = 'sha1',
): ModuleTemplate {
  return { module, ...signed, template, parameters, algorithm };
}

const WOO_3 = 'c={TYPE}&t=1700000000&p={paymentId}&d={digest}';
const WOO_3_PLAIN = { 'wc-api': 'ResursDefault' };
const WOO_2 = '/?wc-api=WC_Resurs_Bank&event-type={TYPE}&paymentId={paymentId}&digest={digest}&env=test&ts=2301151200';
const WOO_2_KEPT = { 'wc-api': 'WC_Resurs_Bank', env: 'test', ts: '2301151200' };
const WOO_1 = '/wc-api/WC_Resurs_Bank/?event-type={TYPE}&digest={digest}';

const WOOCOMMERCE = [
  row('WooCommerce 3', PAYMENT, `/wc-api/ResursDefault?${WOO_3}`),
  row('WooCommerce 3, slash', PAYMENT, `/wc-api/ResursDefault/?${WOO_3}`),
  row('WooCommerce 3, result', FRAUD, `/wc-api/ResursDefault/?${WOO_3}&r={result}`),
  row('WooCommerce 3, plain links', PAYMENT, `/?wc-api=ResursDefault&${WOO_3}`, WOO_3_PLAIN),
  row('WooCommerce 3, subfolder', PAYMENT, `/shop/?wc-api=ResursDefault&${WOO_3}`, WOO_3_PLAIN),
  row('WooCommerce 2', PAYMENT, WOO_2, WOO_2_KEPT),
  row('WooCommerce 2, &amp;', PAYMENT, WOO_2.replaceAll('&', '&amp;'), WOO_2_KEPT),
  row('WooCommerce 2, result', FRAUD, `${WOO_2}&result={result}`, WOO_2_KEPT),
  row('WooCommerce 1', PAYMENT, `${WOO_1}&paymentId={paymentId}`),
  row('WooCommerce 1, result', FRAUD, `${WOO_1}&paymentId={paymentId}&result={result}`),
  row('WooCommerce 1, password', ACCOUNT, `${WOO_1}&identifier={identifier}`),
];

const M_1 = '/resursbank/index/callback/event/{type}/storeidentifier/0/digest/{digest}';
const M_1_REVERSED = '/resursbank/index/callback/paymentId/{paymentId}/digest/{digest}/storeidentifier/0/event/{type}';
const M_2 = '/rest/V1/resursbank_ordermanagement/order/{type}';
const M_2_ID = `${M_2}/paymentId/{paymentId}/digest/{digest}`;
const M_CHECKOUT = '/rest/V1/omnicheckout/order/{type}/paymentId/{paymentId}';
const STORE = { storeidentifier: '0' };
const SCOPE = { lastReg: '220101120000', scopeType: 'stores', scopeId: '1' };

const MAGENTO = [
  row('Magento 1', PAYMENT, `${M_1}/paymentId/{paymentId}/`, STORE),
  row('Magento 1, result', FRAUD, `${M_1}/paymentId/{paymentId}/result/{result}/`, STORE),
  row('Magento 1, result not signed', FRAUD_BY_ID, `${M_1}/result/{result}/paymentId/{paymentId}/`, STORE),
  row('Magento 1, test', TEST, `${M_1}/${VALUES.map((name) => `${name}/{${name}}/`).join('')}`),
  row('Magento 1, password', ACCOUNT, `${M_1}/identifier/{identifier}/`, STORE),
  row('Magento 1 checkout, reversed', PAYMENT, M_1_REVERSED, STORE),
  row(
    'Magento 1 checkout, doubled slashes',
    PAYMENT,
    `/${M_1.replace('/event', '//event')}//paymentId/{paymentId}/`,
    STORE,
  ),
  row('Magento 2', PAYMENT, M_2_ID),
  row('Magento 2, scope', PAYMENT, `${M_2_ID}/lastReg/220101120000/scopeType/stores/scopeId/1`, SCOPE),
  row('Magento 2, test', TEST, `${M_2}/${VALUES.map((name) => `${name}/{${name}}`).join('/')}/digest/{digest}`),
  row('Magento 2, password', ACCOUNT, `${M_2}/identifier/{identifier}/digest/{digest}`),
  row('Magento 2 checkout', PAYMENT, `${M_CHECKOUT}/digest/{digest}/`),
  row('Magento 2 checkout, result', FRAUD, `${M_CHECKOUT}/result/{result}/digest/{digest}`),
];

const OPENCART = '/index.php?route=payment/resurs/callback/run&paymentId={paymentId}&digest={digest}&type={TYPE}';
const ROUTE = { route: 'payment/resurs/callback/run' };
const ECOMPHP = '/callbacks/event/{TYPE}/digest/{digest}';
const ECOMPHP_QUERY = '/callbacks?event={TYPE}&digest={digest}';
const LAST_REG = { lastReg: '220101120000' };
const ASPX = '/Resursbank.aspx?orderId={paymentId}&status={TYPE}&partnerId=Resursbank&digest={digest}';
const RESURS_PAIRS = '/rest/resursbank_checkout/{type}/paymentId/{paymentId}';

const OTHERS = [
  row('OpenCart', PAYMENT, OPENCART, ROUTE, 'md5'),
  row('OpenCart, result glued to the type', FRAUD_BY_ID, `${OPENCART}result={result}`, ROUTE, 'md5'),
  row('OpenCart, glued result that is signed', FRAUD, `${OPENCART}result={result}`, ROUTE),
  row('Episerver', PAYMENT, '/resursbank/callback?eventType={TYPE}&paymentId={paymentId}&digest={digest}'),
  row('Episerver, segment', PAYMENT, '/resursbank/callback/{TYPE}?paymentId={paymentId}&digest={digest}'),
  row('ecomphp', PAYMENT, `${ECOMPHP}/paymentId/{paymentId}/lastReg/220101120000`, LAST_REG),
  row('ecomphp, result', FRAUD, `${ECOMPHP}/paymentId/{paymentId}/result/{result}/lastReg/220101120000`, LAST_REG),
  row('ecomphp, query', PAYMENT, `${ECOMPHP_QUERY}&paymentId={paymentId}&lastReg=220101120000`, LAST_REG),
  row('ecomphp, test', TEST, `${ECOMPHP_QUERY}&${VALUES.map((name) => `${name}={${name}}`).join('&')}`),
  row('par1 to par5', TEST, `${ECOMPHP_QUERY}&${VALUES.map((name, i) => `par${i + 1}={${name}}`).join('&')}`),
  row("Resurs' first example", PAYMENT, ASPX, { partnerId: 'Resursbank' }, 'md5'),
  row("Resurs' example with pairs", PAYMENT, `${RESURS_PAIRS}/digest/{digest}`),
  row("Resurs' example with a result", FRAUD, `${RESURS_PAIRS}/result/{result}/digest/{digest}`),
  row("Resurs' REST example", PAYMENT, '/callbacks?event-type={TYPE}&amp;paymentId={paymentId}&amp;digest={digest}'),
];

export const MODULE_TEMPLATES: readonly ModuleTemplate[] = [...WOOCOMMERCE, ...MAGENTO, ...OTHERS];

/** What a TEST without a digest looks like, as modules register it. */
export const UNSIGNED_TESTS: readonly string[] = [
  '/wc-api/ResursDefault?c=TEST&ignore1=a&ignore2=b&ignore3=c&ignore4=d&ignore5=e',
  '/?wc-api=WC_Resurs_Bank&event-type=TEST&prm1=a&prm2=b&prm3=c&prm4=d&prm5=e&thisRandomValue=1',
  '/rest/V1/resursbank_ordermanagement/order/test/param1/a/param2/b/param3/c/param4/d/param5/e',
  '/rest/V1/omnicheckout/order/test',
  '/resursbank/index/callback/event/test/storeidentifier/0/digest//param1/a/param2/b/',
  '/resursbank/callback?eventType=TEST&digest=',
];
