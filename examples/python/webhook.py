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
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Optional
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

MAX_AGE_SECONDS = 300
# The largest body of a callback is 256 KiB; written as JSON text it may be six times as long.
MAX_BODY_BYTES = 2 * 1024 * 1024
ASK_TIMEOUT_SECONDS = 10
MAX_WAIT_SECONDS = 3600

# The status for each state, in WooCommerce's words. Before any event it is "pending"; only "processing" is shipped.
STATUSES = {
    "on_hold": "on-hold",
    "may_ship": "processing",
    "paid": "completed",  # Debited at Resurs.
    "cancelled": "cancelled",  # In full. Give the stock free.
    "refunded": "refunded",  # In full. Only the receiver's answer says so.
}
# Where an order may go from these; from all others anywhere. An older fact may come late, when the goods are gone.
FINAL = {"completed": ["cancelled", "refunded"], "cancelled": [], "refunded": []}

# ask_at: when Resurs is to be asked, in Unix seconds; asked: how often it was asked in vain.
TABLES = """
    create table if not exists inbox (webhook_id text primary key, event text not null, handled_at text);
    create index if not exists inbox_handled_at on inbox (handled_at);
    create table if not exists orders (payment_id text primary key, status text not null default 'pending',
        sequence integer not null default 0, ask_at integer, asked integer not null default 0);
    create table if not exists notes (payment_id text not null, note text not null);
"""
KEEP = "insert into inbox (webhook_id, event) values (?, ?) on conflict do nothing"
UNHANDLED = "select webhook_id, event from inbox where handled_at is null order by rowid"
MARK = "update inbox set handled_at = datetime('now') where webhook_id = ? and handled_at is null"
NOTE = "insert into notes (payment_id, note) values (?, ?)"
ADD = "insert into orders (payment_id) values (?) on conflict do nothing"
FOLLOW = "update orders set sequence = ?, ask_at = min(ask_at, ?) where payment_id = ? and sequence < ?"
HOLD = "update orders set status = 'on-hold' where payment_id = ? and status in ('pending', 'processing')"
FIND = "select status from orders where payment_id = ?"
CHANGE = "update orders set status = ? where payment_id = ?"
ASK_SOON = "update orders set ask_at = ?, asked = 0 where payment_id = ?"
DUE = "select payment_id, sequence, asked from orders where ask_at <= ? order by ask_at limit 1"
CLAIM = "update orders set ask_at = ?, asked = asked + 1 where payment_id = ? and ask_at <= ?"
POSTPONE = "update orders set ask_at = max(ask_at, ?)"
ANSWERED = "update orders set ask_at = null where payment_id = ? and sequence = ?"

secrets = [secret for secret in (os.environ.get("WEBHOOK_SECRET"), os.environ.get("WEBHOOK_SECRET_PREVIOUS")) if secret]
data_file = os.environ.get("DATA_FILE", "")
receiver_url = os.environ.get("RECEIVER_URL", "").rstrip("/")
receiver_token = os.environ.get("RECEIVER_TOKEN", "")
retry_seconds = int(os.environ.get("RETRY_SECONDS", "60"))
has_arrived = threading.Event()
has_question = threading.Event()


def is_genuine(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """True when one of the signatures was made with this secret, at most five minutes ago."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not re.fullmatch("[0-9]{1,12}", timestamp) or abs(time.time() - int(timestamp)) > MAX_AGE_SECONDS:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    if not key:
        return False  # With an empty key anybody could sign.
    signed = f"{message_id}.{timestamp}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.digest(key, signed, "sha256"))
    signatures = headers.get("webhook-signature", "").encode().split(b" ")
    return any(hmac.compare_digest(expected, given) for given in signatures)


def is_event(body: bytes) -> bool:
    """Checks only what is used here: later versions add fields and types."""
    try:
        event = json.loads(body.decode())
        data = event["data"]
        return (
            type(event["type"]) is str
            and type(data["sequence"]) is int
            and type(data["paymentId"]) in (str, type(None))
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


def repeat(job: Callable[[], None], is_wanted: threading.Event) -> None:
    while True:
        is_wanted.clear()
        try:
            job()
        except sqlite3.Error:
            traceback.print_exc()
        is_wanted.wait(retry_seconds)


def work() -> None:
    """The queue: what was kept and not handled yet. What fails stays in it."""
    with closing(database()) as db:
        for webhook_id, event in db.execute(UNHANDLED).fetchall():
            try:
                # Mark and work are one commit: after a crash there are both or neither, and no other process works on it.
                db.execute("begin immediate")
                if db.execute(MARK, (webhook_id,)).rowcount == 1:
                    handle(db, json.loads(event))
                db.execute("commit")
            except Exception:
                if db.in_transaction:
                    db.execute("rollback")
                print(f"{webhook_id} failed and is tried again", file=sys.stderr)
                traceback.print_exc()
    has_question.set()


def handle(db: sqlite3.Connection, event: dict) -> None:
    """The shop's own work. What leaves this database (mail, stock, ERP) should carry the webhook-id, so as to happen once."""
    data = event["data"]
    payment_id, sequence, order = data["paymentId"], data["sequence"], data.get("order")
    if payment_id is None:  # callback.test: the way works. account.*, application.*: about no order.
        return
    db.execute(NOTE, (payment_id, event["type"]))
    db.execute(ADD, (payment_id,))
    # Each event says how its order stands after all that was stored before it, so the last stored one decides. A replay
    # or repeat of an earlier one still happened, but changes nothing.
    if db.execute(FOLLOW, (sequence, now(), payment_id, sequence)).rowcount == 0:
        return
    status = status_of(order)
    if status is None:
        hold(db, payment_id, order)
    else:
        move(db, payment_id, status)


def status_of(order: Any) -> Optional[str]:
    """The status that is certain; None where it is not, or where a later version has another state."""
    is_certain = isinstance(order, dict) and order.get("certain") is True
    return STATUSES.get(str(order.get("state"))) if is_certain else None


def move(db: sqlite3.Connection, payment_id: str, status: str) -> None:
    (before,) = db.execute(FIND, (payment_id,)).fetchone()
    if status == before:
        return
    if status not in FINAL.get(before, [status]):
        db.execute(NOTE, (payment_id, f"look into it: the order is {before}, and {status} is reported"))
        return
    if status == "completed" and before != "processing":
        db.execute(NOTE, (payment_id, "paid: ship what was not shipped"))
    db.execute(CHANGE, (status, payment_id))


def hold(db: sqlite3.Connection, payment_id: str, order: Any) -> None:
    """Stops an order that is not certain until Resurs was asked, unless it is too late to stop it."""
    db.execute(HOLD, (payment_id,))
    if receiver_url:
        db.execute(ASK_SOON, (now(), payment_id))
    else:
        db.execute(NOTE, (payment_id, f"ask Resurs: {order} is not certain"))


def ask() -> None:
    """Asks for each order that waits for it. Without a certain answer it is asked for again, less and less often."""
    with closing(database()) as db:
        while receiver_url and (due := db.execute(DUE, (now(),)).fetchone()):
            payment_id, sequence, asked = due
            wait_seconds = min(retry_seconds * 2**asked, MAX_WAIT_SECONDS)
            # Another process may have taken it meanwhile.
            if db.execute(CLAIM, (now() + wait_seconds, payment_id, now())).rowcount == 0:
                continue
            try:
                status = ask_resurs(db, payment_id)
            except Exception as error:
                print(f"Resurs is asked again for {payment_id}: {error}", file=sys.stderr)
                continue
            db.execute("begin immediate")
            # If an event was handled meanwhile, the answer may be older: then the order waits for another one.
            if db.execute(ANSWERED, (payment_id, sequence)).rowcount == 1:
                move(db, payment_id, status)
            db.execute("commit")


def ask_resurs(db: sqlite3.Connection, payment_id: str) -> str:
    """Returns the status of the order as it is at Resurs now. The receiver asks there, at most ten times a minute."""
    url = f"{receiver_url}/payments/{quote(payment_id, safe='')}/now"
    request = Request(url, headers={"authorization": f"Bearer {receiver_token}"})
    try:
        with urlopen(request, timeout=ASK_TIMEOUT_SECONDS) as response:
            order = json.load(response).get("order")
    except HTTPError as error:
        if error.code == 429:
            db.execute(POSTPONE, (now() + retry_seconds,))
        raise
    status = status_of(order)
    if status is None:
        raise ValueError(f"{order} is not certain")
    return status


def now() -> int:
    return int(time.time())


def main() -> None:
    if not secrets or not data_file:
        sys.exit("WEBHOOK_SECRET and DATA_FILE must be set.")
    if bool(receiver_url) != bool(receiver_token):
        sys.exit("Set both RECEIVER_URL and RECEIVER_TOKEN, or neither.")
    with closing(database()) as db:
        db.executescript(TABLES)
        if "ask_at" not in [name for _, name, *_ in db.execute("pragma table_info(orders)")]:
            sys.exit("DATA_FILE has the tables of an earlier version of this example. Name a new file.")
    for job, is_wanted in ((work, has_arrived), (ask, has_question)):
        threading.Thread(target=repeat, args=(job, is_wanted), daemon=True).start()
    address = (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "9000")))
    with ThreadingHTTPServer(address, Endpoint) as server:
        print(f"listening on http://{server.server_address[0]}:{server.server_address[1]}/webhook", flush=True)
        with suppress(KeyboardInterrupt):
            server.serve_forever()


if __name__ == "__main__":
    main()
