/** Helpers for replays: `POST /replays`, and which deliveries it has replayed. */
import { STATUS_TOKEN, type TestService } from './service.ts';

export interface ReplaysResponse {
  readonly status: number;
  readonly json: {
    readonly count?: number;
    readonly error?: { readonly code: string; readonly message: string };
    readonly summary?: string;
  };
}

/** Sends `POST /replays` with the right token; a text body is sent unchanged. */
export async function postReplays(receiver: Pick<TestService, 'service'>, body: unknown): Promise<ReplaysResponse> {
  const response = await fetch(`${receiver.service.urls.status}/replays`, {
    method: 'POST',
    headers: { authorization: `Bearer ${STATUS_TOKEN}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, json: (await response.json()) as ReplaysResponse['json'] };
}

/** The payments whose deliveries were replayed, sorted. */
export async function replayedPayments(receiver: Pick<TestService, 'query'>): Promise<string[]> {
  const rows = await receiver.query<{ key: string }>(
    `select payment_key as key from outbox where replayed and state <> 'delivering' order by payment_key collate "C"`,
  );
  return rows.map((row) => row.key);
}

/** Resets all replays that were not sent yet. */
export async function resetReplays(receiver: Pick<TestService, 'query'>): Promise<void> {
  await receiver.query(`
    with undone as (
      delete from outbox o using attempts a
      where o.replayed and a.sequence = o.sequence and a.number = o.attempt_count
      returning o.sequence, o.attempt_count, case a.outcome when 'accepted' then 'delivered' else 'dead_letter' end as state
    ), listed as (
      insert into dead_letters select sequence from undone where state = 'dead_letter'
    )
    insert into deliveries (sequence, state, attempt_count, tries_used, finished_at)
    select sequence, state, attempt_count, attempt_count, now() from undone`);
}
