/**
 * Posts the messages that are due. Those of one look go in one request, where the format allows it. Each is claimed
 * before it is sent: what a process has claimed that died is not posted again. One that is refused four times is given
 * up, with an error line.
 */
import type { Database } from '../db/client.ts';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { type FormatOptions, formatMessages } from './formats/format.ts';
import { messageOf } from './message.ts';
import { type AlertSender, problemOfSend } from './post.ts';
import { type ClaimedPost, claimPosts, finishPosts, releasePosts } from './post-store.ts';

export interface PosterOptions extends FormatOptions {
  readonly db: Database;
  readonly sender: Pick<AlertSender, 'send'>;
  readonly logger: Logger;
  now(): Date;
}

/** Posts all that is due now. Never rejects. */
export async function postDue(options: PosterOptions, signal: AbortSignal): Promise<void> {
  const { db, logger, now } = options;
  try {
    const posts = await claimPosts(db, now());
    if (posts.length === 0) return;
    const messages = posts.map(({ alert, occasion }) => messageOf(alert, occasion));
    const requests = formatMessages(messages, options);
    await Promise.all(
      requests.map(({ places, body }) => {
        return postOne(options, { posts: posts.filter((_, place) => places.includes(place)), body }, signal);
      }),
    );
  } catch (error) {
    if (!signal.aborted) logger.warn({ event: 'alert.not_kept', reason: errorSummary(error) });
  }
}

interface Request {
  readonly posts: readonly ClaimedPost[];
  readonly body: object;
}

async function postOne(
  { db, sender, logger, now }: PosterOptions,
  { posts, body }: Request,
  signal: AbortSignal,
): Promise<void> {
  const result = await sender.send(body, signal);
  if (result.outcome === 'stopped') return releasePosts(db, posts);
  const error = problemOfSend(result);
  const status = 'status' in result ? result.status : null;
  const alerts = posts.map(({ alert }) => alert.name);
  if (error !== null) logger.error({ event: 'alert.not_posted', alerts, status, reason: error });
  await finishPosts(db, posts, { status, error }, now());
}
