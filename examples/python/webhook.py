"""A shop's endpoint for the events of resurs-callback-receiver, with the standard library alone.

Each event is verified, kept and answered; the work on it comes afterwards, once, also when this process dies in between.
"""

import base64
import hmac
import json
import os
import re
import sqlite3
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MAX_AGE_SECONDS = 300
# The largest body of a callback is 256 KiB; written as JSON text it may be six times as long.
MAX_BODY_BYTES = 2 * 1024 * 1024
RETRY_SECONDS = 60

# What an event says of its order. Orders are shipped at "may ship" and "paid", never at "on hold".
STATUSES = {
    "payment.frozen": "on hold",  # Resurs suspects fraud and looks at it, maybe for days.
    "payment.thawed": "may ship",
    "payment.unfrozen": "may ship",
    "payment.finalized": "paid",  # Resurs has debited by itself.
    "payment.annulled": "cancelled",  # In full. Give the stock free.
}

TABLES = """
    create table if not exists inbox (webhook_id text primary key, event text not null, handled_at text);
    create table if not exists orders (payment_id text primary key, status text not null, sequence integer not null);
    create table if not exists notes (payment_id text not null, note text not null);
"""
KEEP = "insert into inbox (webhook_id, event) values (?, ?) on conflict do nothing"
UNHANDLED = "select webhook_id, event from inbox where handled_at is null order by rowid"
MARK = "update inbox set handled_at = datetime('now') where webhook_id = ? and handled_at is null"
NOTE = "insert into notes (payment_id, note) values (?, ?)"
BOOK = "insert into orders (payment_id, status, sequence) values (?, 'booked', 0) on conflict do nothing"
MOVE = """
    insert into orders (payment_id, status, sequence) values (?, ?, ?)
    on conflict (payment_id) do update set status = excluded.status, sequence = excluded.sequence
    where excluded.sequence > orders.sequence
"""

secrets = [secret for secret in (os.environ.get("WEBHOOK_SECRET"), os.environ.get("WEBHOOK_SECRET_PREVIOUS")) if secret]
data_file = os.environ.get("DATA_FILE", "")
has_arrived = threading.Event()


def is_genuine(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """True when one of the signatures was made with this secret, at most five minutes ago."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not re.fullmatch("[0-9]{1,12}", timestamp) or abs(time.time() - int(timestamp)) > MAX_AGE_SECONDS:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.digest(key, signed, "sha256"))
    signatures = headers.get("webhook-signature", "").encode().split(b" ")
    return any(hmac.compare_digest(expected, given) for given in signatures)


def is_event(body: bytes) -> bool:
    try:
        event = json.loads(body.decode())
        data = event["data"]
        return (
            type(event["type"]) is str
            and type(data["sequence"]) is int
            and type(data["paymentId"]) in (str, type(None))
            and type(data["verified"]["result"]) is bool
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        return False


def database() -> sqlite3.Connection:
    return sqlite3.connect(data_file, timeout=5, isolation_level=None)


class Endpoint(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 15

    def do_POST(self) -> None:
        length = self.headers.get("content-length", "")
        if self.path != "/webhook":
            self.answer(404)
        elif not re.fullmatch("[0-9]{1,12}", length):
            self.answer(400 if length else 411)
        elif int(length) > MAX_BODY_BYTES:
            self.answer(413)
        else:
            self.answer(self.take(self.rfile.read(int(length))))

    def take(self, body: bytes) -> int:
        if not any(is_genuine(secret, self.headers, body) for secret in secrets):
            return 401
        if not is_event(body):
            return 400
        with closing(database()) as db:
            db.execute(KEEP, (self.headers["webhook-id"], body.decode()))
        has_arrived.set()
        return 204

    def do_GET(self) -> None:
        self.answer(405)

    do_HEAD = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET

    def answer(self, status: int) -> None:
        self.send_response(status)
        if status == 405:
            self.send_header("allow", "POST")
        if status != 204:
            # The body may not have been read, so this connection cannot be used for another request.
            self.send_header("content-length", "0")
            self.send_header("connection", "close")
        self.end_headers()


def work_forever() -> None:
    while True:
        has_arrived.clear()
        try:
            work()
        except sqlite3.Error:
            traceback.print_exc()
        has_arrived.wait(RETRY_SECONDS)


def work() -> None:
    """The queue: what was kept and not handled yet. What fails stays in it."""
    with closing(database()) as db:
        for webhook_id, event in db.execute(UNHANDLED).fetchall():
            try:
                # Mark and work are one commit: after a crash there are both or neither, and nobody else works on it.
                db.execute("begin immediate")
                if db.execute(MARK, (webhook_id,)).rowcount == 1:
                    handle(db, json.loads(event))
                db.execute("commit")
            except Exception:
                if db.in_transaction:
                    db.execute("rollback")
                print(f"{webhook_id} failed and is tried again", file=sys.stderr)
                traceback.print_exc()


def handle(db: sqlite3.Connection, event: dict) -> None:
    """The shop's own work. What leaves this database (mail, stock, ERP) should carry the webhook-id, so as to happen once."""
    kind, data = event["type"], event["data"]
    payment_id = data["paymentId"]
    if payment_id is None:  # callback.test: the way works.
        return
    db.execute(NOTE, (payment_id, kind))
    if kind == "payment.booked":
        # The order exists, no more: it may be frozen. Ask Resurs for the payment, and ship only if it is not. Since it
        # says less than every other event, it overwrites none.
        db.execute(BOOK, (payment_id,))
    if kind == "payment.thawed" and not data["verified"]["result"]:
        # Only a proven result sets an order free; for another one ask Resurs.
        return
    # payment.updated (a debit, credit or annulment, maybe in part) and payment.other move no order: ask Resurs for the
    # payment as it is now. An older event than the last one still happened, but does not set the order back.
    if kind in STATUSES:
        db.execute(MOVE, (payment_id, STATUSES[kind], data["sequence"]))


def main() -> None:
    if not secrets or not data_file:
        sys.exit("WEBHOOK_SECRET and DATA_FILE must be set.")
    with closing(database()) as db:
        db.executescript(TABLES)
    threading.Thread(target=work_forever, daemon=True).start()
    address = (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "9000")))
    with ThreadingHTTPServer(address, Endpoint) as server:
        print(f"listening on http://{server.server_address[0]}:{server.server_address[1]}/webhook", flush=True)
        with suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()
