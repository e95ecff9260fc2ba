/** The help of `simulate`. */
import { LIFE_NAMES, lifeOf } from '../../simulator/lives.ts';

/** A line for each life, with what arrives in it. */
function lifeLines(): string {
  const lines = LIFE_NAMES.map((name) => {
    const arrivals = lifeOf(name).map((callback) => callback.name);
    return `      ${name.padEnd(22)} ${arrivals.join(', ')}`;
  });
  return lines.join('\n');
}

export const HELP = `Usage: receiver simulate [URL] [options]
       receiver simulate --mapi [URL] [options]
       receiver simulate --listen PORT [options]
       receiver simulate --to URL --event TYPE | --life NAME [options]

Simulates Resurs against a receiver: signed callbacks over the life of some payments, a repeated callback, a lost
response with its GET fallback, a wrong digest and an order of another shop; failed callbacks are retried by Resurs'
own schedule. URL is the callback path (http://127.0.0.1:8080/callbacks/resurs, or what PORT and CALLBACK_PATHS say).

Secrets come from the environment of the receiver: DIGEST_KEY, DIGEST_SALT, DIGEST_SALT_<TYPE>, BASIC_AUTH_USERNAME,
BASIC_AUTH_PASSWORD (each also as NAME_FILE). ORDER_OWNERSHIP and ACCEPT_REJECTED_CALLBACKS decide which response
another shop's order should get.

  --payments N          number of payments (2): every second one is annulled, the others are finalized
  --first ID            paymentId of the first; the others count on from it (the time in milliseconds)
  --only TYPE[,TYPE]    send only callbacks of these types
  --form query|pairs    shape of the URLs (query)
  --algorithm sha1|md5  digest (the first of DIGEST_ALGORITHM, or sha1)
  --salt S, --key K     instead of the environment; visible to others on this machine
  --foreign ID          paymentId of another shop's order (FOREIGN-ORDER-1)
  --foreign-answer N    its expected response: 202, 204 or 410, when the environment does not decide it
  --speed N             how many times faster than Resurs' 36 hours (3600)
  --attempts N          maximum tries of one callback, 1 to 20 (20); an expected refusal is tried three times at most
  --concurrency N       payments at once (4)
  --lose SHARE          this share of the callbacks (0 to 1, such as 0.2) never comes, and none of their tries; what they
                        report has happened all the same. Says what reconcile has to find, and goes on as a fake Resurs
                        that it can ask, at RESURS_SOAP_URL (of --mapi at MAPI_URL) if that is on this machine, or at any
                        free port: it prints the settings. The same --first loses the same ones. Ctrl-C ends it
  --json                one JSON document instead of the table
  --yes                 do not ask before sending to a receiver on another machine, which stores these payments
  --listen PORT         run a fake Resurs for register, trigger-test and doctor: REST, SOAP and the Merchant API on
                        127.0.0.1 (0: any free port). Prints the settings for those commands, then a line for each call
                        and each callback. Once all types of the payments above are registered, it sends their callbacks
                        as registered, so without URL, --form, --algorithm, --salt, --key and --json. Of the Merchant
                        API it has the account, a store and the test callback, but no payments: those are of --mapi.
                        The accounts are RESURS_USERNAME and RESURS_PASSWORD, MAPI_CLIENT_ID and MAPI_CLIENT_SECRET, or
                        generated for this run. Ctrl-C ends it.

With --mapi the payments are those of the Merchant API: authorised and captured in parts, frozen first, cancelled,
rejected, captured by Resurs; one credit application, and what strangers send. URL is the path of these callbacks
(http://127.0.0.1:8080/callbacks/mapi, or what PORT and MAPI_CALLBACK_PATHS say). They carry MAPI_CALLBACK_TOKEN of the
environment. Without it the receiver asks the Merchant API for each payment: give it and simulate the same
MAPI_URL=http://127.0.0.1:9901, MAPI_CLIENT_ID and MAPI_CLIENT_SECRET, and simulate is the Merchant API at that address
as long as it runs. With a token it is, too, where these are set. It needs a port of its own, not that of --listen.
--speed, --attempts, --concurrency, --lose, --foreign, --foreign-answer, --json and --yes as above; and

  --payments N          number of payments (5): one of each life
  --first ID            orderReference of the first; the others count on from it (the time in milliseconds)
  --only TYPE[,TYPE]    AUTHORIZATION, MANAGEMENT, CREDIT_APPLICATION or TEST
  --form path|query     the kind in the path, or as callback= in the query (path)

With --to it sends a shop what the receiver would send, without receiver and database: sample events, new in each run,
signed with WEBHOOK_SECRET. The other settings WEBHOOK_… and the proxies count as for the real delivery. It prints each
answer, what the real delivery would do then, and what the order should be in the end.

  --to URL              the endpoint of the shop
  --life NAME[,NAME]    the events of whole payments, each with an id of its own; all: every one of these
${lifeLines()}
  --event TYPE[,TYPE]   events of these types, such as payment.frozen, all of one payment and in this order;
                        payment.updated sends four, payment.updated:credit one (debit, credit, annul, authorize).
                        Those of the Merchant API alone: payment.authorized, payment.captured (two, or :capture),
                        payment.refunded, payment.rejected, payment.inspection, payment.credit_approved,
                        payment.frozen:mapi, payment.annulled:cancel, payment.updated:modify_order,
                        payment.other:mapi and application.…; payment.authorized:payment has what Resurs holds of
                        the payment, payment.authorized:payment_error says that it could not be read
  --payment ID          paymentId of the first payment; the others count on from it (the time in milliseconds). Use
                        one that gets no real events: samples have a higher sequence, so these would seem older. In
                        events of the Merchant API it is the orderReference, and the paymentId a UUID made of it
  --environment NAME    what the events say of it: test or production (test)
  --json, --yes         as above: --yes for an endpoint on another machine

Exit codes: 0 everything ended as expected, 1 something did not, nothing was sent, or the port is taken, 64 wrong usage.
With --to, 1 means that an event was not accepted, or that a repeat, or a type that a shop may ignore, was not answered
2xx (a repeat may be answered 409).`;
