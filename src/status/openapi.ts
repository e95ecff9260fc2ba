/** The OpenAPI document of the status API, generated from the schemas of its routes, and of the webhook. */
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { WEBHOOK_SCHEMAS, WEBHOOK_SECURITY_SCHEMES, WEBHOOKS } from './event-webhook.ts';

/** Registers the generator. Must run before the routes that it describes. */
export async function registerOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
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
        securitySchemes: { token: { type: 'http', scheme: 'bearer' }, ...WEBHOOK_SECURITY_SCHEMES },
      },
      webhooks: WEBHOOKS,
    },
  });
}
