/**
 * The status API: what came, what became of it, send it again. Behind a bearer token that is compared in constant time;
 * without STATUS_TOKEN these routes do not exist. Answers are JSON, refusals `{"error": {"code", "message"}}`.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/client.ts';
import { bodyMembers } from '../deliveries/body.ts';
import { replayDelivery } from '../deliveries/enqueue.ts';
import type { WebhookHealth } from '../deliveries/health.ts';
import { refusal } from '../refusal.ts';
import { readOverview } from './overview.ts';
import { cursorOf, EventParams, EventsQuery, eventIdOf, PaymentParams, readEventsQuery } from './parameters.ts';
import { attemptsOf, findEvent, findEvents, paymentEvents } from './queries.ts';
import { factsOf, renderEvent } from './render.ts';
import { renderStatus } from './status.ts';

export interface StatusRoutesOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly version: string;
  /** Milliseconds of Clock.elapsed at which the process began. */
  readonly startedAtMs: number;
  isTokenRight(given: string): boolean;
  /** Null: no webhook is configured. */
  readonly webhookHealth: (() => WebhookHealth) | null;
  callbacksByAnswer(): Readonly<Record<string, number>>;
  /** A delivery became due. */
  nudge(): void;
}

export const statusRoutes: FastifyPluginAsyncTypebox<StatusRoutesOptions> = async (app, options) => {
  const { db } = options;
  const hasWebhook = options.webhookHealth !== null;
  const viewpoint = () => ({ now: new Date(options.clock.now()), hasWebhook });

  app.addHook('onRequest', async (request, reply) => {
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (options.isTokenRight(token)) return;
    return reply
      .header('www-authenticate', 'Bearer')
      .code(401)
      .send(refusal('unauthorized', 'A right bearer token is missing.'));
  });

  app.get('/status', async () => renderStatus(await readOverview(db), options));

  app.get('/events', { schema: { querystring: EventsQuery } }, async (request, reply) => {
    const query = readEventsQuery(request.query, hasWebhook);
    if (query.outcome === 'nothing') return { events: [], next: null };
    if (query.outcome === 'refused') {
      return reply.code(400).send(refusal('bad_request', `querystring/${query.field} ${query.problem}`));
    }
    // One more than asked for tells whether there is a next page.
    const rows = await findEvents(db, query.filter, query.limit + 1);
    const page = rows.slice(0, query.limit);
    const last = page.at(-1);
    const next = rows.length > query.limit && last !== undefined ? cursorOf(last.sequence) : null;
    return { events: page.map((row) => renderEvent(row, viewpoint())), next };
  });

  app.get('/events/:id', { schema: { params: EventParams } }, async (request, reply) => {
    return sendEvent(reply, request.params.id);
  });

  app.get('/payments/:paymentId', { schema: { params: PaymentParams } }, async (request, reply) => {
    const { paymentId } = request.params;
    const rows = await paymentEvents(db, paymentId);
    if (rows.length === 0) return reply.code(404).send(refusal('not_found', 'No event of this payment is kept.'));
    return { paymentId, facts: factsOf(rows), events: rows.map((row) => renderEvent(row, viewpoint())) };
  });

  app.post('/events/:id/replay', { schema: { params: EventParams } }, async (request, reply) => {
    const id = eventIdOf(request.params.id);
    const row = id === null ? null : await findEvent(db, id);
    if (id === null || row === null) return reply.code(404).send(refusal('not_found', 'No such event is kept.'));
    switch (await replayDelivery(db, id)) {
      case 'absent':
        return reply.code(409).send(refusal('no_delivery', 'This event is not passed on, so it has no delivery.'));
      case 'unfinished':
        return reply.code(409).send(refusal('unfinished', 'This event is still being delivered; nothing to replay.'));
      case 'replayed':
        options.nudge();
        return sendEvent(reply.code(202), request.params.id);
    }
  });

  async function sendEvent(reply: FastifyReply, publicId: string) {
    const id = eventIdOf(publicId);
    const row = id === null ? null : await findEvent(db, id);
    if (id === null || row === null) return reply.code(404).send(refusal('not_found', 'No such event is kept.'));
    const members = JSON.stringify({ ...renderEvent(row, viewpoint()), attempts: await attemptsOf(db, id) });
    // The body is shown byte for byte, so it is joined as text instead of being parsed and written anew.
    return reply.type('application/json').send(`${members.slice(0, -1)},${bodyMembers(row.body)}}`);
  }
};
