/** Responses of getPayment as Resurs sends them, and without or with what a test needs. */

/** Words of the customer in the response below, and in refusals of the tests: none may come out of the client. */
export const CUSTOMER_WORDS = [
  '8305147715',
  'Vincent',
  'Williamsson',
  'Glassgatan',
  '41655',
  '0707123456',
  'testdata@',
];

const CUSTOMER = `<customer><governmentId>8305147715</governmentId><address>
<fullName>Vincent Williamsson Alexandersson</fullName><firstName>Vincent</firstName>
<addressRow1>Glassgatan 15</addressRow1><postalArea>Göteborg</postalArea><postalCode>41655</postalCode>
<country>SE</country></address><phone>0707123456</phone><email>testdata@resurs.se</email><type>NATURAL</type></customer>`;

export interface ShownPayment {
  readonly id?: string;
  readonly total?: string;
  readonly frozen?: string;
  readonly statuses?: readonly string[];
  /** Elements, instead of a debit that follows the authorization. */
  readonly diffs?: string;
}

/** The members of a payment, with everything that Resurs' own sample has. */
export function paymentXml({
  id = 'p-1',
  total = '<totalAmount>30.00000000000000000000</totalAmount>',
  frozen = '<frozen>false</frozen>',
  statuses = ['CREDITABLE', 'IS_DEBITED'],
  diffs = DIFFS,
}: ShownPayment = {}): string {
  return `<id>${id}</id>${total}<metaData><key>Vincent</key><value>true</value></metaData><limit>3030.00000</limit>
${diffs}${CUSTOMER}<deliveryAddress><fullName>Vincent</fullName><addressRow1>Glassgatan 15</addressRow1></deliveryAddress>
<booked>2013-07-02T12:51:49+02:00</booked><finalized>2013-07-02T12:51:51+02:00</finalized>
<paymentMethodId>Faktura</paymentMethodId><fraud>false</fraud>${frozen}
${statuses.map((status) => `<status>${status}</status>`).join('')}<paymentMethodType>INVOICE</paymentMethodType>`;
}

const DIFFS = `<paymentDiffs><type>AUTHORIZE</type><created>2013-07-02T12:51:51+02:00</created><createdBy>SHOP_FLOW</createdBy>
<paymentSpec><specLines><id>BOLT-002</id><artNo>BOLT-002</artNo><description>for Vincent</description>
<quantity>10.00000</quantity><totalAmount>20.000000000000000</totalAmount></specLines>
<totalAmount>30.000000000000000</totalAmount><totalVatAmount>6.000000000000000</totalVatAmount></paymentSpec></paymentDiffs>
<paymentDiffs><type>DEBIT</type><transactionId>TrD-1</transactionId><created>2013-07-02T12:51:51+02:00</created>
<paymentSpec><totalAmount>30.0000000000</totalAmount></paymentSpec></paymentDiffs>`;

/** An envelope around the members of a payment. */
export function paymentResponse(members: string): string {
  return `<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>
<ns2:getPaymentResponse xmlns:ns2="http://ecommerce.resurs.com/v4/msg/aftershopflow"><return>${members}</return>
</ns2:getPaymentResponse></soap:Body></soap:Envelope>`;
}

/** A fault; with an error of Resurs unless `id` is null. */
export function faultResponse(id: number | null, text: string, code = 'soap:Server'): string {
  const error = `<detail><ns3:ECommerceError xmlns:ns3="http://ecommerce.resurs.com/v4/msg/exception">
<errorTypeDescription>${text}</errorTypeDescription><errorTypeId>${id}</errorTypeId><fixableByYou>true</fixableByYou>
<userErrorMessage>${text}</userErrorMessage></ns3:ECommerceError></detail>`;
  return `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>
<faultcode>${code}</faultcode><faultstring>${text}</faultstring>${id === null ? '' : error}</soap:Fault></soap:Body></soap:Envelope>`;
}

/** The answer to an unknown payment, as Resurs' page on getPayment has it. */
export const UNKNOWN_PAYMENT = faultResponse(8, 'This order group do not exists');
