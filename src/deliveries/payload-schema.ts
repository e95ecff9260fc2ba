/**
 * Describes the webhook's body, field by field: JSON Schema 2020-12. `docs/events/` and the webhook in the OpenAPI document
 * are made of it, and tests validate what renderPayload gives. Everything is open, so that a schema that a shop has copied
 * accepts the events of later versions: objects may have more members, words may be others than those listed.
 */
import { type TProperties, type TSchema, Type } from 'typebox';
import {
  CHANGE_KINDS,
  ENVIRONMENTS,
  EVENT_TYPES,
  FACT_MEANINGS,
  MISSED_MEANINGS,
  PAYMENT_STATE_MEANINGS,
  PROVIDERS,
  STATE_MEANINGS,
  type Words,
} from './payload-words.ts';

/** Separates meaning and unit in a description. */
export const UNIT_MARK = ' Unit: ';

const UTC = 'ISO 8601 in UTC, with milliseconds';
const DECIMAL =
  "the currency's main unit, as a decimal number that is never rounded, with at least two digits behind the point; Resurs does not send the currency";
const AMOUNT =
  "the currency's main unit, with decimals: 25.5 is 25 kronor and 50 öre. Resurs does not send the currency";

/** A member that Resurs may have left out: `type` or null. */
function nullable(type: string, description: string, rest: object = {}): TSchema {
  return Type.Unsafe({ type: [type, 'null'], ...rest, description });
}

function time(meaning: string): TSchema {
  return Type.String({ format: 'date-time', description: `${meaning}${UNIT_MARK}${UTC}.` });
}

/** One of the words, or another that a later version adds. */
function word(title: string, words: Words, description: string, type: string | string[] = 'string'): TSchema {
  const known = Object.entries(words).map(([name, meaning]) => ({ const: name, description: meaning }));
  const other = { type, description: 'Another word: later versions may add some. Ignore what you do not know.' };
  return Type.Unsafe({ title, type, anyOf: [...known, other], description });
}

function open<Members extends TProperties>(title: string, description: string, members: Members) {
  return Type.Object(members, { title, additionalProperties: true, description });
}

const Order = {
  ...open('OrderView', 'What the event means for the order; null for an event that is about no order.', {
    state: word(
      'OrderState',
      STATE_MEANINGS,
      'What to do with the order. Treat a state that you do not know as `on_hold`, not certain.',
    ),
    certain: Type.Boolean({
      description:
        'False where facts contradict each other, may be late or do not say enough. Then ask Resurs before shipping or crediting.',
    }),
    earlier: Type.Array(word('Fact', FACT_MEANINGS, 'What was stored of a payment.'), {
      description:
        'What was stored of the payment before this event, each fact once, the last one at the end. Empty for the first event.',
    }),
  }),
  type: ['object', 'null'],
};

const Change = open(
  'PaymentChange',
  'What changed: only in a `payment.updated` for which Resurs said it; else absent.',
  {
    kind: word('ChangeKind', CHANGE_KINDS, "The kind of change: Resurs' word in lower case.", ['string', 'null']),
    transactionId: nullable('string', 'The id of the change at Resurs. Where it is null, it identifies nothing.'),
    createdAt: nullable('string', `When the change was made at Resurs.${UNIT_MARK}${UTC}.`, { format: 'date-time' }),
    createdBy: nullable('string', 'The user at Resurs who made the change.'),
    totalAmount: nullable(
      'number',
      `The amount of the change. \`kind\` tells its direction; the amount itself is at least zero by Resurs' type. Resurs' pages contradict each other about VAT: by the type it is included, in the samples of UPDATE it is not.${UNIT_MARK}${AMOUNT}.`,
    ),
    totalVatAmount: nullable('number', `The VAT of the change.${UNIT_MARK}as for \`totalAmount\`.`),
    orderId: nullable('string', "The shop's order number, as it gave it for this change."),
    invoiceId: nullable('string', "The shop's invoice number, as it gave it for this change."),
  },
);

const Verification = open('Verification', 'What was checked of the callback.', {
  digest: Type.Boolean({
    description: 'True if it carried a right digest. False where no salt is configured, and for a TEST without one.',
  }),
  result: Type.Boolean({
    description:
      'False if `result` is covered neither by the digest nor by the token of a Merchant API callback, and may be forged: do not ship because of it.',
  }),
  basicAuth: Type.Boolean({ description: 'True if Basic credentials are configured, and it carried them.' }),
  source: Type.Boolean({ description: 'True if source addresses are configured, and it came from one of them.' }),
  token: Type.Boolean({ description: 'True if it came from the Merchant API with the right token in its URL.' }),
  api: Type.Boolean({
    description:
      "True if the payment of a Merchant API callback was found with the shop's own account before it was accepted. It says that the payment exists, not that the callback is right about it.",
  }),
});

const amount = (meaning: string) => Type.String({ description: `${meaning}${UNIT_MARK}${DECIMAL}.` });

const Payment = {
  ...open('Payment', 'What Resurs held of the payment when it was read for this event; nothing about the customer.', {
    readAt: time('When Resurs was asked.'),
    state: word('PaymentState', PAYMENT_STATE_MEANINGS, 'Where the payment is.'),
    frozen: Type.Boolean({ description: 'While it is true, nothing may be shipped.' }),
    orderReference: nullable('string', "The shop's reference of the order; null where Resurs names none."),
    statuses: Type.Array(Type.String(), { description: "The payment's statuses in Resurs' own words." }),
    amounts: Type.Unsafe({
      ...open('Amounts', 'The amounts, by what happened to them; null where Resurs names none.', {
        total: amount('What the order ever came to.'),
        authorized: amount('What may still be captured.'),
        captured: amount('What was captured.'),
        refunded: amount('What was paid back.'),
        annulled: amount('What was given up before it was captured.'),
      }),
      type: ['object', 'null'],
    }),
    rejectedReason: nullable('string', "Why Resurs rejected it, in Resurs' own word; null where it does not say."),
  }),
  type: ['object', 'null'],
};

const Data = open('EventData', 'The callback, and what it means.', {
  sequence: Type.Integer({
    minimum: 0,
    description:
      'Grows with each event that is stored; gaps are normal. It is the order of storing, not of happening. 0 in the ping of `doctor`.',
  }),
  provider: word('Provider', PROVIDERS, "Which of Resurs' interfaces the callback came from."),
  callback: Type.String({
    description: "The callback type, in Resurs' words: BOOKED, UNFREEZE, AUTHORIZATION and so on.",
  }),
  paymentId: nullable(
    'string',
    "The payment's id at Resurs: in the eCom API as the shop chose it, in the Merchant API a UUID. Null for TEST, PASSWORD_EXPIRATION and CREDIT_APPLICATION.",
  ),
  orderReference: nullable(
    'string',
    "The shop's reference of the order. In the eCom API it is the payment's id; of the Merchant API it is null where neither the callback's URL nor the payment named it.",
  ),
  applicationId: Type.Optional(
    nullable('string', 'The id of the application that a CREDIT_APPLICATION is about; only there.'),
  ),
  order: Type.Unsafe(Order),
  result: nullable(
    'string',
    'FROZEN or THAWED for AUTOMATIC_FRAUD_CONTROL, the status or action of a Merchant API callback, or what else the callback carried as its result.',
  ),
  method: Type.String({ description: 'The HTTP method of the callback: GET or POST.' }),
  registeredAt: nullable(
    'string',
    `When the callback's URL was registered at Resurs, if the URL tells; not a date of the order.${UNIT_MARK}${UTC}.`,
    { format: 'date-time' },
  ),
  receivedAt: time('When this service received the callback. Resurs does not send when it happened.'),
  parameters: Type.Unsafe({
    type: 'object',
    additionalProperties: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
    description:
      "What else the callback's URL carried, without the digest: param1 to param5 for TEST, identifier for PASSWORD_EXPIRATION. A name that came more than once has a list.",
  }),
  body: Type.Unsafe({
    description: 'The JSON that Resurs sent, as it was sent; null without a body, or where `bodyError` is there.',
  }),
  bodyText: Type.Optional(
    Type.String({ description: 'The body as text; only where it is text but not JSON that all parsers read alike.' }),
  ),
  bodyBase64: Type.Optional(
    Type.String({ description: `The body as bytes; only where it is not UTF-8.${UNIT_MARK}base64.` }),
  ),
  bodyError: Type.Optional(
    Type.String({ description: 'Why `body` is null although there was one; only with `bodyText` or `bodyBase64`.' }),
  ),
  change: Type.Optional(Change),
  payment: Type.Optional(Type.Unsafe(Payment)),
  missed: Type.Optional(
    Type.Array(word('MissedFact', MISSED_MEANINGS, 'What happened without a callback.'), {
      description: 'What was missed, each fact once; only in a `payment.reconciled`.',
    }),
  ),
  erasedAt: Type.Optional(
    time('When the content of the event was erased, for a request of a customer; only in a replay after that.'),
  ),
  paymentError: Type.Optional(
    Type.String({ description: 'Why `payment` is null: the payment could not be read. One line.' }),
  ),
  verified: Verification,
});

/** The whole body of a webhook request. */
export const EventPayload = open('WebhookEvent', 'One event, as the webhook receives it.', {
  id: Type.String({
    pattern: '^evt_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
    description:
      '`evt_` and a UUID: the id of the event, and the header `webhook-id`. The same on every attempt and replay.',
  }),
  type: word('EventType', EVENT_TYPES, 'What happened.'),
  timestamp: time('The same as `data.receivedAt`.'),
  environment: word('Environment', ENVIRONMENTS, 'Which Resurs the event comes from.'),
  data: Data,
});
