/** `/events`: stored events, one or many. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Static } from 'typebox';
import { applicationIdOf } from '../deliveries/mapi-fields.ts';
import { changeOf, isApplication } from '../deliveries/payload.ts';
import { bodyFields, bodyTextFields } from '../events/body.ts';
import { withStoredId } from '../events/payment-lookup.ts';
import { parsePublicId } from '../events/public-id.ts';
import { type EventDetailRow, findEvent } from '../events/queries.ts';
import { apiError } from '../http/api-error.ts';
import { findAttempts } from './attempt-queries.ts';
import type { StatusContext } from './context.ts';
import { BadRequestResponse, errorResponse } from './error-responses.ts';
import { EventDetailResponse, EventsResponse } from './event-responses.ts';
import { webhookOutage } from './outage.ts';
import { findEvents } from './queries.ts';
import { type RenderContext, renderEvent } from './render.ts';
import { EventParams, EventQuery, EventsQuery, encodeCursor, parseEventsQuery } from './requests.ts';

export const eventRoutes: FastifyPluginAsyncTypebox<StatusContext> = async (app, options) => {
  const { db } = options;
  const hasWebhook = options.webhookHealth !== null;

  const list = {
    operationId: 'listEvents',
    summary: 'Lists stored events, newest first',
    querystring: EventsQuery,
    response: { 200: EventsResponse, 400: BadRequestResponse },
  };
  app.get('/events', { schema: list }, async (request, reply) => {
    const query = parseEventsQuery(request.query, hasWebhook);
    if (query.outcome === 'nothing') return { events: [], next: null };
    if (query.outcome === 'refused') {
      return reply.code(400).send(apiError('bad_request', `querystring/${query.field} ${query.problem}`));
    }
    const { rows, next } = await findEvents(db, await withStoredId(db, query.filter), query.limit);
    const events = rows.map((row) => renderEvent(row, renderContext(options)));
    return { events, next: next === null ? null : encodeCursor(next) };
  });

  const get = {
    operationId: 'getEvent',
    summary: 'Shows an event with its body and attempts',
    params: EventParams,
    querystring: EventQuery,
    response: { 200: EventDetailResponse, 400: BadRequestResponse, 404: errorResponse('No such event is stored') },
  };
  app.get('/events/:id', { schema: get }, async (request, reply) => {
    const renderBody = BODY_FIELDS[request.query.body ?? 'json'];
    const event = await loadEventDetail(options, parsePublicId(request.params.id), { renderBody });
    if (event === null) return reply.code(404).send(EVENT_NOT_FOUND);
    return reply.type('application/json').send(event);
  });
};

const BODY_FIELDS = { json: bodyFields, text: bodyTextFields, none: () => '' } as const;

/** The 404 of an event. */
export const EVENT_NOT_FOUND = apiError('not_found', 'No such event is stored.');

type EventDetail = Static<typeof EventDetailResponse>;

export interface DetailRendering {
  readonly summarize?: (summary: string) => string;
  /** Returns the last members of the object; an empty text for none. */
  readonly renderBody?: (body: Buffer | null) => string;
}

/**
 * Loads an event with its body and attempts as JSON text; null when there is none, or when `id` is null because it
 * cannot be an id. The text has the type of its content, as the routes' schema requires; Fastify sends a text
 * unchanged.
 */
export async function loadEventDetail(
  options: Pick<StatusContext, 'db' | 'clock' | 'webhookHealth'>,
  id: string | null,
  { summarize = (summary) => summary, renderBody = bodyFields }: DetailRendering = {},
): Promise<EventDetail | null> {
  const row = id === null ? null : await findEvent(options.db, id);
  if (row === null) return null;
  const attempts = await findAttempts(options.db, row.sequence);
  const event = renderEvent(row, renderContext(options));
  const members = JSON.stringify({ ...event, ...contentOf(row), summary: summarize(event.summary), attempts });
  // The body is returned byte for byte, so it is joined as text instead of being parsed and rendered again.
  const body = renderBody(row.body);
  return `${members.slice(0, -1)}${body === '' ? '' : `,${body}`}}` as unknown as EventDetail;
}

/** The members that only some events have, as the webhook has them. */
function contentOf(row: EventDetailRow) {
  const change = changeOf(row);
  return {
    ...(isApplication(row) ? { applicationId: applicationIdOf(row.body) } : {}),
    ...(change === null ? {} : { change }),
    ...row.snapshot,
  };
}

/** What the events of a response have in common. */
export function renderContext(context: Pick<StatusContext, 'clock' | 'webhookHealth'>): RenderContext {
  const { clock, webhookHealth } = context;
  return { now: new Date(clock.now()), hasWebhook: webhookHealth !== null, outage: webhookOutage(context) };
}
