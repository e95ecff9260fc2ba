/**
 * A shop's endpoint for the events of resurs-callback-receiver, with Fastify and the package of Standard Webhooks. Each
 * event is verified, kept and answered; the work on it comes afterwards, once, also when this process dies in between.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { env } from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { fastify } from 'fastify';
import { Webhook } from 'standardwebhooks';

interface Event {
  readonly type: string;
  readonly data: {
    readonly sequence: number;
    readonly paymentId: string | null;
    readonly verified: { result: boolean };
  };
}

/** What an event says of its order. Orders are shipped at `may ship` and `paid`, never at `on hold`. */
const STATUSES: Readonly<Record<string, string>> = {
  'payment.frozen': 'on hold', // Resurs suspects fraud and looks at it, maybe for days.
  'payment.thawed': 'may ship',
  'payment.unfrozen': 'may ship',
  'payment.finalized': 'paid', // Resurs has debited by itself.
  'payment.annulled': 'cancelled', // In full. Give the stock free.
};

/** The largest body of a callback is 256 KiB; written as JSON text it may be six times as long. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;
const RETRY_MS = 60_000;

const { WEBHOOK_SECRET, WEBHOOK_SECRET_PREVIOUS, DATA_FILE, HOST = '127.0.0.1', PORT = '9000' } = env;
if (!WEBHOOK_SECRET || !DATA_FILE) throw new Error('WEBHOOK_SECRET and DATA_FILE must be set.');
const webhooks = [WEBHOOK_SECRET, WEBHOOK_SECRET_PREVIOUS].flatMap((secret) => (secret ? [new Webhook(secret)] : []));

const db = new DatabaseSync(DATA_FILE, { timeout: 5_000 });
db.exec(`
  create table if not exists inbox (webhook_id text primary key, event text not null, handled_at text);
  create table if not exists orders (payment_id text primary key, status text not null, sequence integer not null);
  create table if not exists notes (payment_id text not null, note text not null)`);
const keep = db.prepare('insert into inbox (webhook_id, event) values (?, ?) on conflict do nothing');
const unhandled = db.prepare('select webhook_id, event from inbox where handled_at is null order by rowid');
const mark = db.prepare(`update inbox set handled_at = datetime('now') where webhook_id = ? and handled_at is null`);
const note = db.prepare('insert into notes (payment_id, note) values (?, ?)');
const book = db.prepare(
  `insert into orders (payment_id, status, sequence) values (?, 'booked', 0) on conflict do nothing`,
);
const move = db.prepare(`
  insert into orders (payment_id, status, sequence) values (?, ?, ?)
  on conflict (payment_id) do update set status = excluded.status, sequence = excluded.sequence
  where excluded.sequence > orders.sequence`);

const app = fastify({ logger: true, bodyLimit: MAX_BODY_BYTES });
// The signature covers the bytes as they came, so nobody may parse them before it is verified.
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

function readEvent(text: string): Event | null {
  try {
    const { type, data } = JSON.parse(text);
    const isWhole =
      typeof type === 'string' &&
      Number.isSafeInteger(data.sequence) &&
      (typeof data.paymentId === 'string' || data.paymentId === null) &&
      typeof data.verified.result === 'boolean';
    return isWhole ? { type, data } : null;
  } catch {
    return null;
  }
}

/** The queue: what was kept and not handled yet. What fails stays in it. */
function work(): void {
  for (const { webhook_id, event } of unhandled.all()) {
    const id = String(webhook_id);
    try {
      // Mark and work are one commit: after a crash there are both or neither, and nobody else works on it meanwhile.
      db.exec('begin immediate');
      const parsed = mark.run(id).changes === 1 ? readEvent(String(event)) : null;
      if (parsed !== null) handle(parsed);
      db.exec('commit');
    } catch (error) {
      if (db.isTransaction) db.exec('rollback');
      app.log.error(error, `${id} failed and is tried again`);
    }
  }
}

/** The shop's own work. What leaves this database (mail, stock, ERP) should carry the webhook-id, so as to happen once. */
function handle({ type, data: { paymentId, sequence, verified } }: Event): void {
  if (paymentId === null) return; // callback.test: the way works.
  note.run(paymentId, type);
  // The order exists, no more: it may be frozen. Ask Resurs for the payment, and ship only if it is not. Since it says less
  // than every other event, it overwrites none.
  if (type === 'payment.booked') book.run(paymentId);
  // Only a proven result sets an order free; for another one ask Resurs.
  if (type === 'payment.thawed' && !verified.result) return;
  // payment.updated (a debit, credit or annulment, maybe in part) and payment.other move no order: ask Resurs for the
  // payment as it is now. An older event than the last one still happened, but does not set the order back.
  const status = STATUSES[type];
  if (status !== undefined) move.run(paymentId, status, sequence);
}

work();
const again = setInterval(work, RETRY_MS);
app.addHook('onClose', async () => {
  clearInterval(again);
  db.close();
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void app.close());
await app.listen({ host: HOST, port: Number(PORT) });
