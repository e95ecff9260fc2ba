/** `/alerts`: what fires now, and what did in the last 30 days. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { ALERT_NAMES } from '../alerts/alert.ts';
import { listAlerts } from '../alerts/store.ts';
import type { StatusContext } from './context.ts';
import { NullableTime, Time } from './response-types.ts';

export const AlertsResponse = Type.Object(
  {
    alerts: Type.Array(
      Type.Object({
        name: Type.Enum([...ALERT_NAMES]),
        severity: Type.Enum(['critical', 'warning']),
        state: Type.Enum(['firing', 'resolved']),
        since: Time,
        until: Type.Unsafe<Date | null>({ ...NullableTime, description: 'Null while it fires' }),
        message: Type.String({ description: 'What is so' }),
        fix: Type.String({ description: 'What to do' }),
      }),
    ),
  },
  { description: 'Each alert once: those that fire, critical ones first, then those that ended in the last 30 days' },
);

export const alertRoutes: FastifyPluginAsyncTypebox<StatusContext> = async (app, { db, clock }) => {
  const schema = {
    operationId: 'listAlerts',
    summary: 'Lists the alerts that fire, and those that ended lately',
    response: { 200: AlertsResponse },
  };
  app.get('/alerts', { schema }, async () => ({ alerts: await listAlerts(db, new Date(clock.now())) }));
};
