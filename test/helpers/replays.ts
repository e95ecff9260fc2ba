/** Helpers for replays: `POST /replays`, its end, and which deliveries it has replayed. */
import { waitUntil } from '../harness/wait.ts';
import { STATUS_TOKEN, type TestService } from './service.ts';

export interface ReplaysResponse {
  readonly status: number;
  readonly json: {
    readonly count?: number;
    readonly error?: { readonly code: string; readonly message: string };
    readonly summary?: string;
  };
}

/** As `GET /replays/{id}` shows it. */
export interface ReplayShown {
  readonly id: string;
  readonly state: string;
  readonly count: number;
  readonly replayed: number;
  readonly failed: number;
  readonly createdAt: string;
  readonly finishedAt: string | null;
}

/** Sends `POST /replays` with the right token, and resolves with the response alone; a text body is sent unchanged. */
export async function askReplay(
  receiver: Pick<TestService, 'service'>,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<ReplaysResponse & { json: { readonly id?: string } }> {
  const response = await fetch(`${receiver.service.urls.status}/replays`, {
    method: 'POST',
    headers: { authorization: `Bearer ${STATUS_TOKEN}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, json: (await response.json()) as ReplaysResponse['json'] };
}

/** Sends `POST /replays` and waits until the replay has ended. The response is without its id, which is never the same. */
export async function postReplays(receiver: Pick<TestService, 'service'>, body: unknown): Promise<ReplaysResponse> {
  const { status, json } = await askReplay(receiver, body);
  const { id, ...rest } = json;
  if (id !== undefined) await replayEnded(receiver, id);
  return { status, json: rest };
}

/** Sends `POST /replays`; returns how many deliveries were replayed when it has ended. */
export async function replayedBy(receiver: Pick<TestService, 'service'>, body: unknown): Promise<number> {
  const { id = '' } = (await askReplay(receiver, body)).json;
  return (await replayEnded(receiver, id)).replayed;
}

/** Requests `GET` or `DELETE /replays/{id}`. */
export async function replayById(
  receiver: Pick<TestService, 'service'>,
  id: string,
  method: 'GET' | 'DELETE' = 'GET',
): Promise<{ status: number; json: ReplayShown }> {
  const headers = { authorization: `Bearer ${STATUS_TOKEN}` };
  const response = await fetch(`${receiver.service.urls.status}/replays/${id}`, { method, headers });
  return { status: response.status, json: (await response.json()) as ReplayShown };
}

/** Waits until a replay has ended. */
export async function replayEnded(receiver: Pick<TestService, 'service'>, id: string): Promise<ReplayShown> {
  let shown: ReplayShown | undefined;
  const isOver = async () => {
    const { status, json } = await replayById(receiver, id);
    if (status === 200) shown = json;
    return shown !== undefined && shown.state !== 'running';
  };
  if (!(await waitUntil(isOver)) || shown === undefined) throw new Error(`the replay ${id} has not ended`);
  return shown;
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
