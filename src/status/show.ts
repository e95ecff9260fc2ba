/** One event with everything: its body and the attempts to deliver it. */
import type { Static } from 'typebox';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/client.ts';
import { bodyMembers } from '../deliveries/body.ts';
import type { WebhookHealth } from '../deliveries/health.ts';
import { attemptsOf, findEvent } from './queries.ts';
import { renderEvent, type Viewpoint } from './render.ts';
import type { WholeEventAnswer } from './schemas.ts';

type WholeEvent = Static<typeof WholeEventAnswer>;

export interface ShowOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly webhookHealth: (() => WebhookHealth) | null;
}

export function viewpointOf({ clock, webhookHealth }: ShowOptions): Viewpoint {
  return { now: new Date(clock.now()), hasWebhook: webhookHealth !== null };
}

/**
 * The event as JSON text, or null when there is none (or `id` is null, for what cannot be an id). Typed as what the text
 * says, for routes whose schema says so too; a text is sent as it is.
 */
export async function showEvent(options: ShowOptions, id: string | null): Promise<WholeEvent | null> {
  const row = id === null ? null : await findEvent(options.db, id);
  if (row === null) return null;
  const attempts = await attemptsOf(options.db, row.sequence);
  const members = JSON.stringify({ ...renderEvent(row, viewpointOf(options)), attempts });
  // The body is shown byte for byte, so it is joined as text instead of being parsed and written anew.
  return `${members.slice(0, -1)},${bodyMembers(row.body)}}` as unknown as WholeEvent;
}
