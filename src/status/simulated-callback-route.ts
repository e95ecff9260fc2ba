/** `POST /simulated-callbacks`: a test callback through the whole path, so that people can see one arrive. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Database } from '../db/client.ts';
import type { SimulationResult } from '../doctor/simulate-callback.ts';
import { CALLBACK_INTERFACES, type CallbackInterface } from '../doctor/simulated-request.ts';
import { apiError } from '../http/api-error.ts';
import { abortable } from '../lib/abortable.ts';
import { errorSummary } from '../lib/errors.ts';
import { createQuota } from '../lib/quota.ts';
import { type NewAction, recordAction } from '../operators/actions.ts';
import type { StatusContext } from './context.ts';
import { errorResponse, withBodyErrors } from './error-responses.ts';
import { operatorOf } from './operator.ts';
import { NullableInteger, NullableText } from './response-types.ts';

const SimulatedCallbackResponse = Type.Object(
  {
    callback: Type.Literal('TEST'),
    interface: Type.Enum([...CALLBACK_INTERFACES]),
    url: Type.String({ description: 'Where it was sent, without the query' }),
    status: Type.Unsafe<number | null>({ ...NullableInteger, description: 'Of the response; null: none came' }),
    durationMs: Type.Integer(),
    eventId: Type.Unsafe<string | null>({ ...NullableText, description: 'Of the stored event; null: none is found' }),
    problem: Type.Union([Type.Object({ message: Type.String(), fix: Type.String() }), Type.Null()], {
      description: 'Why it did not arrive, and what to do; null: it has arrived',
    }),
  },
  { description: 'It was sent; the response says whether it has arrived' },
);

const SIMULATE = {
  operationId: 'simulateCallback',
  summary: 'Sends a TEST to the callback URL, as Resurs would, and looks whether it is stored',
  body: Type.Object(
    { interface: Type.Optional(Type.Enum([...CALLBACK_INTERFACES])) },
    { additionalProperties: false, description: 'Without interface: ecom where it is in use, else merchantApi' },
  ),
  response: withBodyErrors({
    202: SimulatedCallbackResponse,
    403: errorResponse('The token may only read, or RESURS_ENVIRONMENT is production'),
    409: errorResponse('The settings take no callbacks of this interface'),
    429: errorResponse('A process simulates ten callbacks a minute, or too many wrong tokens came; see Retry-After'),
  }),
};

const PER_MINUTE = 10;
const MINUTE_MS = 60_000;
const RECORD_TIMEOUT_MS = 400;

export const simulatedCallbackRoute: FastifyPluginAsyncTypebox<StatusContext> = async (app, options) => {
  const { about, db, clock, logger, simulateCallback } = options;
  const quota = createQuota(PER_MINUTE, MINUTE_MS, clock);
  app.addHook('preValidation', async (request) => {
    if (request.body === undefined) request.body = {};
  });
  app.post('/simulated-callbacks', { schema: SIMULATE }, async (request, reply) => {
    if (about.environment !== 'test') return reply.code(403).send(NOT_IN_PRODUCTION);
    const which = request.body.interface ?? (about.interfaces.ecom ? 'ecom' : 'merchantApi');
    const place = quota.take();
    if (place.outcome === 'used_up') {
      return reply
        .code(429)
        .header('retry-after', String(Math.ceil(place.waitMs / 1_000)))
        .send(TOO_MANY);
    }
    const result = await simulateCallback(which, db);
    if (result.outcome === 'not_configured') return reply.code(409).send(NOT_CONFIGURED);
    await record(db, actionOf(which, result, operatorOf(request))).catch((error: unknown) => {
      logger.warn({ event: 'action.not_recorded', action: 'callback.simulated', reason: errorSummary(error) });
    });
    const { outcome: _, ...sent } = result;
    return reply.code(202).send({ callback: 'TEST' as const, interface: which, ...sent });
  });
};

type Sent = Extract<SimulationResult, { outcome: 'sent' }>;

function actionOf(which: CallbackInterface, { status, eventId }: Sent, operator: string): NewAction {
  return { action: 'callback.simulated', operator, detail: { interface: which, status, id: eventId } };
}

/** It is sent already, so a database that is slow must not delay the response. */
async function record(db: Database, action: NewAction): Promise<void> {
  await abortable(recordAction(db, action), AbortSignal.timeout(RECORD_TIMEOUT_MS));
}

const NOT_IN_PRODUCTION = apiError(
  'not_in_production',
  'Callbacks are simulated only with RESURS_ENVIRONMENT=test. In production, receiver trigger-test asks Resurs for one.',
);
const NOT_CONFIGURED = apiError(
  'not_configured',
  'The settings take no callbacks of the Merchant API: set MAPI_CALLBACK_PATHS and MAPI_CALLBACK_TOKEN.',
);
const TOO_MANY = apiError(
  'too_many_requests',
  'This process simulates at most ten callbacks a minute. Try again after the seconds of Retry-After.',
);
