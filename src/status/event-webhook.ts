/**
 * The webhook of the OpenAPI document: the request that the merchant gets for each event, and what its responses do.
 * docs/delivery.md explains it.
 */
import type { TSchema } from 'typebox';
import { EventPayload } from '../deliveries/payload-schema.ts';

/** Schemas that the webhook refers to. */
export const WEBHOOK_SCHEMAS: Record<string, TSchema> = { WebhookEvent: EventPayload };

/** How the operator's WEBHOOK_AUTHORIZATION is sent. */
export const WEBHOOK_SECURITY_SCHEMES = {
  webhookAuthorization: {
    type: 'apiKey',
    in: 'header',
    name: 'authorization',
    description: 'The value of WEBHOOK_AUTHORIZATION, if it is set',
  },
} as const;

const HEADERS = {
  'webhook-id': {
    description: "The event's id: the same on every attempt and replay, so that a repeat is recognised",
    schema: { type: 'string' },
  },
  'webhook-timestamp': {
    description: 'When this attempt was made, in unix seconds. Refuse one that is more than five minutes off',
    schema: { type: 'string', pattern: '^[0-9]+$' },
  },
  'webhook-signature': {
    description:
      'v1, and base64 of HMAC-SHA256 over webhook-id, webhook-timestamp and the body as received, with a point between ' +
      'each; one for each secret, separated by a space (https://www.standardwebhooks.com)',
    schema: { type: 'string' },
  },
  'webhook-attempt': {
    description: '1, 2 and so on, counting on over replays',
    schema: { type: 'string', pattern: '^[1-9][0-9]*$' },
  },
  'user-agent': {
    description: 'resurs-callback-receiver/ and its version',
    schema: { type: 'string' },
  },
} as const;

const REFUSED = 'The event is given up, and an operator has to replay it: use it for an event that is never wanted';
const LATER = {
  description: 'The event is sent again by the retry schedule, but not before Retry-After',
  headers: {
    'retry-after': { description: 'Seconds or a date; an hour at most', schema: { type: 'string' } },
  },
} as const;

const RESPONSES = {
  '2XX': { description: 'The event is delivered. Answer so to every genuine event, also to types that are ignored' },
  409: { description: 'The event is delivered: the endpoint had it already' },
  410: { description: REFUSED },
  422: { description: REFUSED },
  429: LATER,
  503: LATER,
  default: {
    description:
      'The event is sent again by the retry schedule, and later events of its payment wait for it. So it is after a ' +
      'redirect, which is not followed, and without a response in time',
  },
} as const;

/** The webhooks of the document, by name. */
export const WEBHOOKS = {
  event: {
    post: {
      operationId: 'receiveEvent',
      summary: "Receives one event: the merchant's endpoint implements it",
      security: [{}, { webhookAuthorization: [] as string[] }],
      parameters: Object.entries(HEADERS).map(([name, header]) => ({
        name,
        in: 'header' as const,
        required: true,
        ...header,
      })),
      requestBody: {
        required: true,
        description: 'UTF-8, up to 2 MiB. The signature is over its bytes: verify it before parsing',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/WebhookEvent' } } },
      },
      responses: RESPONSES,
    },
  },
};
