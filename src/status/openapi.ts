/** The OpenAPI document of the status API, generated from the schemas of its routes, and of the webhook. */
import swagger, { type SwaggerTransformObject } from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { WEBHOOK_SCHEMAS, WEBHOOK_SECURITY_SCHEMES, WEBHOOKS } from './event-webhook.ts';

/** Registers the generator. Must run before the routes that it describes. */
export async function registerOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    transformObject: withOptionalBodies,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'resurs-callback-receiver',
        description:
          'The callbacks received from Resurs Bank, their deliveries, and replays; and the webhook that events go to.',
        version,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      security: [{ token: [] }],
      components: {
        schemas: WEBHOOK_SCHEMAS,
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'STATUS_TOKEN, or STATUS_TOKEN_PREVIOUS' },
          readToken: { type: 'http', scheme: 'bearer', description: 'STATUS_READ_TOKEN, for GET alone' },
          ...WEBHOOK_SECURITY_SCHEMES,
        },
      },
      webhooks: WEBHOOKS,
    },
  });
}

/** Bodies that may be left out, by path and method; the generator takes every body for a required one. */
const OPTIONAL_BODIES = [
  ['/orders/{paymentId}', 'put'],
  ['/simulated-callbacks', 'post'],
] as const;

const withOptionalBodies: SwaggerTransformObject = (document) => {
  if (!('openapiObject' in document)) return document.swaggerObject;
  const { openapiObject } = document;
  for (const [path, method] of OPTIONAL_BODIES) {
    const body = openapiObject.paths?.[path]?.[method]?.requestBody;
    if (body !== undefined && 'content' in body) body.required = false;
  }
  return openapiObject;
};
