/**
 * A shop's endpoint for the events of resurs-callback-receiver, with Fastify and the package of Standard Webhooks. Each
 * event is verified, kept and answered; the work on it comes afterwards, once, also when this process dies in between.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { env } from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { fastify } from 'fastify';
import { Webhook } from 'standardwebhooks';

/** How an order stands: `data.order` of an event, `order` of the receiver's answer. */
type Order = Readonly<Partial<Record<'state' | 'certain' | 'earlier', unknown>>> | null;
interface Event {
  readonly type: string;
  readonly data: { readonly sequence: number; readonly paymentId: string | null; readonly order?: Order };
}

/** The status for each state, in WooCommerce's words. Before any event it is `pending`; only `processing` is shipped. */
const STATUSES: ReadonlyMap<unknown, string> = new Map([
  ['on_hold', 'on-hold'],
  ['may_ship', 'processing'],
  ['paid', 'completed'], // Debited at Resurs.
  ['cancelled', 'cancelled'], // In full. Give the stock free.
  ['refunded', 'refunded'], // In full. Only the receiver's answer says so.
]);
/** Where an order may go from these; from all others anywhere. An older fact may come late, when the goods are gone. */
const FINAL: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['completed', ['cancelled', 'refunded']],
  ['cancelled', []],
  ['refunded', []],
]);

/** The largest body of a callback is 256 KiB; written as JSON text it may be six times as long. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;
const ASK_TIMEOUT_MS = 10_000;
const MAX_WAIT_SECONDS = 3_600;

const { WEBHOOK_SECRET, WEBHOOK_SECRET_PREVIOUS, DATA_FILE, HOST = '127.0.0.1', PORT = '9000' } = env;
const { RECEIVER_URL, RECEIVER_TOKEN, RETRY_SECONDS = '60' } = env;
if (!WEBHOOK_SECRET || !DATA_FILE) throw new Error('WEBHOOK_SECRET and DATA_FILE must be set.');
if (!RECEIVER_URL !== !RECEIVER_TOKEN) throw new Error('Set both RECEIVER_URL and RECEIVER_TOKEN, or neither.');
// With an empty key (`whsec_` alone) anybody could sign.
const secrets = [WEBHOOK_SECRET, WEBHOOK_SECRET_PREVIOUS].filter((secret) => secret?.replace('whsec_', ''));
const webhooks = secrets.map((secret) => new Webhook(String(secret)));

const db = new DatabaseSync(DATA_FILE, { timeout: 5_000 });
// ask_at: when Resurs is to be asked, in Unix seconds; asked: how often it was asked in vain.
db.exec(`
  create table if not exists inbox (webhook_id text primary key, event text not null, handled_at text);
  create index if not exists inbox_handled_at on inbox (handled_at);
  create table if not exists orders (payment_id text primary key, status text not null default 'pending',
    sequence integer not null default 0, ask_at integer, asked integer not null default 0);
  create table if not exists notes (payment_id text not null, note text not null)`);
if (
  !db
    .prepare('pragma table_info(orders)')
    .all()
    .some(({ name }) => name === 'ask_at')
) {
  throw new Error('DATA_FILE has the tables of an earlier version of this example. Name a new file.');
}
const keep = db.prepare('insert into inbox (webhook_id, event) values (?, ?) on conflict do nothing');
const unhandled = db.prepare('select webhook_id, event from inbox where handled_at is null order by rowid');
const mark = db.prepare(`update inbox set handled_at = datetime('now') where webhook_id = ? and handled_at is null`);
const note = db.prepare('insert into notes (payment_id, note) values (?, ?)');
const add = db.prepare('insert into orders (payment_id) values (?) on conflict do nothing');
const follow = db.prepare(
  'update orders set sequence = ?, ask_at = min(ask_at, ?) where payment_id = ? and sequence < ?',
);
const stop = db.prepare(
  `update orders set status = 'on-hold' where payment_id = ? and status in ('pending', 'processing')`,
);
const find = db.prepare('select status from orders where payment_id = ?');
const change = db.prepare('update orders set status = ? where payment_id = ?');
const askSoon = db.prepare('update orders set ask_at = ?, asked = 0 where payment_id = ?');
const due = db.prepare('select payment_id, sequence, asked from orders where ask_at <= ? order by ask_at limit 1');
const claim = db.prepare('update orders set ask_at = ?, asked = asked + 1 where payment_id = ? and ask_at <= ?');
const postpone = db.prepare('update orders set ask_at = max(ask_at, ?)');
const answered = db.prepare('update orders set ask_at = null where payment_id = ? and sequence = ?');

const app = fastify({ logger: true, bodyLimit: MAX_BODY_BYTES });
// The signature covers the bytes as they came, so they must not be parsed before it is verified.
app.removeAllContentTypeParsers();
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

app.post<{ Body: Buffer | undefined }>('/webhook', async ({ headers, body = Buffer.alloc(0) }, reply) => {
  if (!isGenuine(headers, body)) return reply.code(401).send();
  if (readEvent(body.toString()) === null) return reply.code(400).send();
  keep.run(String(headers['webhook-id']), body.toString());
  setImmediate(work);
  return reply.code(204).send();
});
app.route({
  method: ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
  url: '/webhook',
  handler: async (_request, reply) => reply.code(405).header('allow', 'POST').send(),
});

/** True when one of the signatures was made with one of our secrets, at most five minutes ago. */
function isGenuine(headers: IncomingHttpHeaders, body: Buffer): boolean {
  const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  return webhooks.some((webhook) => {
    try {
      webhook.verify(body, given, { jsonParse: false });
      return true;
    } catch {
      return false;
    }
  });
}

/** Checks only what is used here: later versions add fields and types. */
function readEvent(text: string): Event | null {
  try {
    const { type, data } = JSON.parse(text);
    const isWhole =
      typeof type === 'string' &&
      Number.isSafeInteger(data.sequence) &&
      (typeof data.paymentId === 'string' || data.paymentId === null);
    return isWhole ? { type, data } : null;
  } catch {
    return null;
  }
}

/** The queue: what was kept and not handled yet. What fails stays in it. */
function work(): void {
  for (const { webhook_id, event } of unhandled.all()) {
    const id = String(webhook_id);
    // Mark and work are one commit: after a crash there are both or neither, and nothing else works on it.
    commit(id, () => {
      const parsed = mark.run(id).changes === 1 ? readEvent(String(event)) : null;
      if (parsed !== null) handle(parsed);
    });
  }
  void ask();
}

function commit(name: string, run: () => void): void {
  try {
    db.exec('begin immediate');
    run();
    db.exec('commit');
  } catch (error) {
    if (db.isTransaction) db.exec('rollback');
    app.log.error(error, `${name} failed and is tried again`);
  }
}

/** The shop's own work. What leaves this database (mail, stock, ERP) should carry the webhook-id, so as to happen once. */
function handle({ type, data: { paymentId, sequence, order } }: Event): void {
  if (paymentId === null) return; // callback.test: the way works. account.*, application.*: about no order.
  note.run(paymentId, type);
  add.run(paymentId);
  // Each event says how its order stands after all that was stored before it, so the last stored one decides. A replay
  // or repeat of an earlier one still happened, but changes nothing.
  if (follow.run(sequence, seconds(), paymentId, sequence).changes === 0) return;
  const status = statusOf(order);
  if (status === null) hold(paymentId, String(order?.state));
  else move(paymentId, status);
}

/** The status that is certain; null where it is not, or where a later version has another state. */
function statusOf(order: Order | undefined): string | null {
  return order?.certain === true ? (STATUSES.get(order.state) ?? null) : null;
}

function move(paymentId: string, to: string): void {
  const from = find.get(paymentId)?.status;
  if (from === to) return;
  if (FINAL.get(from)?.includes(to) === false) {
    note.run(paymentId, `look into it: the order is ${from}, and ${to} is reported`);
  } else {
    if (to === 'completed' && from !== 'processing') note.run(paymentId, 'paid: ship what was not shipped');
    change.run(to, paymentId);
  }
}

/** Stops an order that is not certain until Resurs was asked, unless it is too late to stop it. */
function hold(paymentId: string, state: string): void {
  stop.run(paymentId);
  if (RECEIVER_URL) askSoon.run(seconds(), paymentId);
  else note.run(paymentId, `ask Resurs: ${state} is not certain`);
}

let isAsking = false;
const closing = new AbortController();

/** Asks for each order that waits for it, one after the other. What fails is tried again. */
async function ask(): Promise<void> {
  if (isAsking || !RECEIVER_URL) return;
  isAsking = true;
  try {
    while (!closing.signal.aborted && (await askNext()));
  } catch (error) {
    app.log.error(error, 'asking failed and is tried again');
  }
  isAsking = false;
}

/** Asks for the next order; false when none waits. Without a certain answer it is asked for again, less and less often. */
async function askNext(): Promise<boolean> {
  const order = due.get(seconds());
  if (order === undefined) return false;
  const [paymentId, sequence] = [String(order.payment_id), Number(order.sequence)];
  const waitSeconds = Math.min(Number(RETRY_SECONDS) * 2 ** Number(order.asked), MAX_WAIT_SECONDS);
  // Another process may have taken it meanwhile.
  if (claim.run(seconds() + waitSeconds, paymentId, seconds()).changes === 0) return true;
  try {
    const status = await askResurs(paymentId);
    // If an event was handled meanwhile, the answer may be older: then the order waits for another one.
    commit(paymentId, () => {
      if (answered.run(paymentId, sequence).changes === 1) move(paymentId, status);
    });
  } catch (error) {
    app.log.warn(error, `Resurs is asked again for ${paymentId}`);
  }
  return true;
}

/** Returns the status of the order as it is at Resurs now. The receiver asks there, at most ten times a minute. */
async function askResurs(paymentId: string): Promise<string> {
  const response = await fetch(`${RECEIVER_URL?.replace(/\/$/, '')}/payments/${encodeURIComponent(paymentId)}/now`, {
    headers: { authorization: `Bearer ${RECEIVER_TOKEN}` },
    redirect: 'error',
    signal: AbortSignal.any([closing.signal, AbortSignal.timeout(ASK_TIMEOUT_MS)]),
  });
  if (response.status === 429) postpone.run(seconds() + Number(RETRY_SECONDS));
  if (response.status !== 200) throw new Error(`The receiver answered ${response.status}.`);
  const { order } = (await response.json()) as { readonly order?: Order };
  const status = statusOf(order);
  if (status === null) throw new Error(`Resurs' answer is not certain: ${String(order?.state)}.`);
  return status;
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

work();
const again = setInterval(work, Number(RETRY_SECONDS) * 1000);
app.addHook('onClose', async () => {
  closing.abort();
  clearInterval(again);
  db.close();
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void app.close());
await app.listen({ host: HOST, port: Number(PORT) });
