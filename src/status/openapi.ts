/** The OpenAPI document of the status API, generated from the schemas of its routes. */
import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';

/** Registers the generator. Must run before the routes that it describes. */
export async function registerOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'resurs-callback-receiver',
        description: 'The callbacks received from Resurs Bank, their deliveries, and replays.',
        version,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      security: [{ token: [] }],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
  });
}
