/** One event with everything: its body and the attempts to deliver it. */
import type { Static } from 'typebox';
import { bodyFields } from '../events/body.ts';
import { findEvent } from '../events/queries.ts';
import type { StatusContext } from './context.ts';
import { findAttempts } from './queries.ts';
import { type RenderContext, renderEvent } from './render.ts';
import type { EventDetailResponse } from './responses.ts';

type WholeEvent = Static<typeof EventDetailResponse>;

export function renderContext({ clock, webhookHealth }: Pick<StatusContext, 'clock' | 'webhookHealth'>): RenderContext {
  return { now: new Date(clock.now()), hasWebhook: webhookHealth !== null };
}

/**
 * The event as JSON text, or null when there is none (or `id` is null, for what cannot be an id). Typed as what the text
 * says, for routes whose schema says so too; a text is sent as it is.
 */
export async function loadEventDetail(
  options: Pick<StatusContext, 'db' | 'clock' | 'webhookHealth'>,
  id: string | null,
): Promise<WholeEvent | null> {
  const row = id === null ? null : await findEvent(options.db, id);
  if (row === null) return null;
  const attempts = await findAttempts(options.db, row.sequence);
  const members = JSON.stringify({ ...renderEvent(row, renderContext(options)), attempts });
  // The body is shown byte for byte, so it is joined as text instead of being parsed and written anew.
  return `${members.slice(0, -1)},${bodyFields(row.body)}}` as unknown as WholeEvent;
}
