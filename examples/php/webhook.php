<?php
/**
 * A shop's endpoint for the events of resurs-callback-receiver, plain PHP 8 with PDO. Each event is verified, kept and
 * answered; the work on it comes afterwards, once, also when this process dies in between.
 *
 * From the command line (`php webhook.php`, each minute by cron) it works on what was left.
 */
declare(strict_types=1);

/** Debian and Ubuntu: `apt-get install php-sqlite3`. The others are part of every PHP 8, unless they were left out. */
const EXTENSIONS = ['pdo_sqlite', 'hash', 'json'];

const MAX_AGE_SECONDS = 300;
/** The largest body of a callback is 256 KiB; written as JSON text it may be six times as long. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

const ASK_TIMEOUT_SECONDS = 10;
const MAX_WAIT_SECONDS = 3600;

/** The status for each state, in WooCommerce's words. Before any event it is `pending`; only `processing` is shipped. */
const STATUSES = [
    'on_hold' => 'on-hold',
    'may_ship' => 'processing',
    'paid' => 'completed', // Debited at Resurs.
    'cancelled' => 'cancelled', // In full. Give the stock free.
    'refunded' => 'refunded', // In full. Only the receiver's answer says so.
];
/** Where an order may go from these; from all others anywhere. An older fact may come late, when the goods are gone. */
const FINAL_STATUSES = ['completed' => ['cancelled', 'refunded'], 'cancelled' => [], 'refunded' => []];

/** True when one of the signatures was made with one of the secrets, at most five minutes ago. */
function isGenuine(array $secrets, array $headers, string $body): bool
{
    ['id' => $id, 'timestamp' => $timestamp, 'signature' => $signatures] = $headers;
    if (!preg_match('/^[0-9]{1,12}$/D', $timestamp) || abs(time() - (int) $timestamp) > MAX_AGE_SECONDS) {
        return false;
    }
    foreach ($secrets as $secret) {
        $key = (string) base64_decode(substr($secret, strlen('whsec_')), true);
        if ($key === '') {
            continue; // With an empty key anybody could sign.
        }
        $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
        foreach (explode(' ', $signatures) as $given) {
            if (hash_equals($expected, $given)) {
                return true;
            }
        }
    }
    return false;
}

/** Checks only what is used here: later versions add fields and types. */
function isEvent(mixed $event): bool
{
    return is_array($event)
        && is_string($event['type'] ?? null)
        && is_array($event['data'] ?? null)
        && is_int($event['data']['sequence'] ?? null)
        && array_key_exists('paymentId', $event['data'])
        && (is_string($event['data']['paymentId']) || $event['data']['paymentId'] === null);
}

function setting(string $name): string
{
    return (string) getenv($name) ?: throw new RuntimeException("$name must be set.");
}

/** Says what is missing, in the error log. The receiver gets 500 and tries again until it is there. */
function requireAll(): void
{
    $missing = array_filter(EXTENSIONS, fn (string $name): bool => !extension_loaded($name));
    if ($missing !== []) {
        error_log('webhook.php needs PHP extensions that are missing: ' . implode(', ', $missing)
            . '. Debian has pdo_sqlite in the package php-sqlite3.');
        exit(1);
    }
    if ((getenv('RECEIVER_URL') ?: '') === '' xor (getenv('RECEIVER_TOKEN') ?: '') === '') {
        error_log('Set both RECEIVER_URL and RECEIVER_TOKEN, or neither.');
        exit(1);
    }
}

function openDatabase(): PDO
{
    $db = new PDO('sqlite:' . setting('DATA_FILE'), options: [PDO::ATTR_TIMEOUT => 5]);
    $db->exec('create table if not exists inbox (webhook_id text primary key, event text not null, handled_at text)');
    $db->exec('create index if not exists inbox_handled_at on inbox (handled_at)');
    // ask_at: when Resurs is to be asked, in Unix seconds; asked: how often it was asked in vain.
    $db->exec("create table if not exists orders (payment_id text primary key, status text not null default 'pending',
        sequence integer not null default 0, ask_at integer, asked integer not null default 0)");
    $db->exec('create table if not exists notes (payment_id text not null, note text not null)');
    if (!in_array('ask_at', $db->query('pragma table_info(orders)')->fetchAll(PDO::FETCH_COLUMN, 1), true)) {
        throw new RuntimeException('DATA_FILE has the tables of an earlier version of this example. Name a new file.');
    }
    return $db;
}

/** Takes one request and gives the status of its answer. */
function receive(): int
{
    if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
        header('Allow: POST');
        return 405;
    }
    $body = (string) file_get_contents('php://input', length: MAX_BODY_BYTES + 1);
    if (strlen($body) > MAX_BODY_BYTES) {
        return 413;
    }
    $headers = [
        'id' => $_SERVER['HTTP_WEBHOOK_ID'] ?? '',
        'timestamp' => $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '',
        'signature' => $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '',
    ];
    $secrets = array_filter([setting('WEBHOOK_SECRET'), getenv('WEBHOOK_SECRET_PREVIOUS')]);
    if (!isGenuine($secrets, $headers, $body)) {
        return 401;
    }
    if (!isEvent(json_decode($body, true))) {
        return 400;
    }
    openDatabase()
        ->prepare('insert into inbox (webhook_id, event) values (?, ?) on conflict do nothing')
        ->execute([$headers['id'], $body]);
    return 204;
}

/** The queue: what was kept and not handled yet. What fails stays in it. */
function work(PDO $db): void
{
    $mark = $db->prepare("update inbox set handled_at = datetime('now') where webhook_id = ? and handled_at is null");
    $unhandled = $db->query('select webhook_id, event from inbox where handled_at is null order by rowid');
    foreach ($unhandled->fetchAll(PDO::FETCH_NUM) as [$id, $event]) {
        try {
            // Mark and work are one commit: after a crash there are both or neither, and nothing else works on it.
            $db->beginTransaction();
            $mark->execute([$id]);
            if ($mark->rowCount() === 1) {
                handle($db, json_decode($event, true, flags: JSON_THROW_ON_ERROR));
            }
            $db->commit();
        } catch (Throwable $error) {
            if ($db->inTransaction()) {
                $db->rollBack();
            }
            error_log("$id failed and is tried again: $error");
        }
    }
}

/** The shop's own work. What leaves this database (mail, stock, ERP) should carry the webhook-id, so as to happen once. */
function handle(PDO $db, array $event): void
{
    ['type' => $type, 'data' => ['paymentId' => $paymentId, 'sequence' => $sequence]] = $event;
    $order = $event['data']['order'] ?? null;
    if ($paymentId === null) {
        return; // callback.test: the way works. account.*, application.*: about no order.
    }
    run($db, 'insert into notes (payment_id, note) values (?, ?)', $paymentId, $type);
    run($db, 'insert into orders (payment_id) values (?) on conflict do nothing', $paymentId);
    // Each event says how its order stands after all that was stored before it, so the last stored one decides. A replay
    // or repeat of an earlier one still happened, but changes nothing.
    $follow = 'update orders set sequence = ?, ask_at = min(ask_at, ?) where payment_id = ? and sequence < ?';
    if (run($db, $follow, $sequence, time(), $paymentId, $sequence)->rowCount() === 0) {
        return;
    }
    $status = statusOf($order);
    if ($status === null) {
        hold($db, $paymentId, json_encode($order));
    } else {
        move($db, $paymentId, $status);
    }
}

/** The status that is certain; null where it is not, or where a later version has another state. */
function statusOf(mixed $order): ?string
{
    return ($order['certain'] ?? null) === true ? STATUSES[$order['state'] ?? ''] ?? null : null;
}

function move(PDO $db, string $paymentId, string $to): void
{
    $from = run($db, 'select status from orders where payment_id = ?', $paymentId)->fetchColumn();
    if ($from === $to) {
        return;
    }
    $isAllowed = in_array($to, FINAL_STATUSES[$from] ?? [$to], true);
    if ($isAllowed) {
        run($db, 'update orders set status = ? where payment_id = ?', $to, $paymentId);
    }
    if (!$isAllowed || ($to === 'completed' && $from !== 'processing')) {
        $note = $isAllowed
            ? 'paid: ship what was not shipped'
            : "look into it: the order is $from, and $to is reported";
        run($db, 'insert into notes (payment_id, note) values (?, ?)', $paymentId, $note);
    }
}

/** Stops an order that is not certain until Resurs was asked, unless it is too late to stop it. */
function hold(PDO $db, string $paymentId, string $order): void
{
    $stop = "update orders set status = 'on-hold' where payment_id = ? and status in ('pending', 'processing')";
    run($db, $stop, $paymentId);
    if (getenv('RECEIVER_URL')) {
        run($db, 'update orders set ask_at = ?, asked = 0 where payment_id = ?', time(), $paymentId);
    } else {
        run($db, 'insert into notes (payment_id, note) values (?, ?)', $paymentId, "ask Resurs: $order is not certain");
    }
}

/** Asks for each order that waits for it. Without a certain answer it is asked for again, less and less often. */
function ask(PDO $db): void
{
    $due = 'select payment_id, sequence, asked from orders where ask_at <= ? order by ask_at limit 1';
    $claim = 'update orders set ask_at = ?, asked = asked + 1 where payment_id = ? and ask_at <= ?';
    while (getenv('RECEIVER_URL') && ($order = run($db, $due, time())->fetch(PDO::FETCH_NUM))) {
        [$paymentId, $sequence, $asked] = $order;
        $wait = min(retrySeconds() * 2 ** $asked, MAX_WAIT_SECONDS);
        // Another process may have taken it meanwhile.
        if (run($db, $claim, time() + $wait, $paymentId, time())->rowCount() === 0) {
            continue;
        }
        $status = askResurs($db, $paymentId);
        if ($status === null) {
            continue;
        }
        $db->beginTransaction();
        // If an event was handled meanwhile, the answer may be older: then the order waits for another one.
        $answered = 'update orders set ask_at = null where payment_id = ? and sequence = ?';
        if (run($db, $answered, $paymentId, $sequence)->rowCount() === 1) {
            move($db, $paymentId, $status);
        }
        $db->commit();
    }
}

/** Returns the status of the order as it is at Resurs now, or null. The receiver asks there, at most ten times a minute. */
function askResurs(PDO $db, string $paymentId): ?string
{
    $url = rtrim(setting('RECEIVER_URL'), '/') . '/payments/' . rawurlencode($paymentId) . '/now';
    $answer = @fopen($url, 'r', context: stream_context_create(['http' => [
        'header' => 'Authorization: Bearer ' . setting('RECEIVER_TOKEN'),
        'timeout' => ASK_TIMEOUT_SECONDS,
        'ignore_errors' => true,
        'follow_location' => 0,
    ]]));
    $head = $answer ? stream_get_meta_data($answer)['wrapper_data'][0] : error_get_last()['message'];
    if (str_contains($head, ' 429 ')) {
        run($db, 'update orders set ask_at = max(ask_at, ?)', time() + retrySeconds());
    }
    $now = $answer ? json_decode(stream_get_contents($answer), true) : null;
    $status = str_contains($head, ' 200 ') ? statusOf($now['order'] ?? null) : null;
    if ($status === null) {
        error_log("Resurs is asked again for $paymentId: $head, " . json_encode($now));
    }
    return $status;
}

function run(PDO $db, string $sql, string|int ...$values): PDOStatement
{
    $statement = $db->prepare($sql);
    foreach ($values as $index => $value) {
        $statement->bindValue($index + 1, $value, is_int($value) ? PDO::PARAM_INT : PDO::PARAM_STR);
    }
    $statement->execute();
    return $statement;
}

function retrySeconds(): int
{
    return (int) (getenv('RETRY_SECONDS') ?: 60);
}

if (PHP_SAPI !== 'cli') {
    ignore_user_abort(true);
    http_response_code(500); // For whatever ends the next lines.
    requireAll();
    http_response_code(receive());
    // The answer leaves now, under PHP-FPM and, since it has no body, elsewhere too.
    function_exists('fastcgi_finish_request') ? fastcgi_finish_request() : flush();
    if (http_response_code() !== 204) {
        exit;
    }
}
requireAll();
$db = openDatabase();
work($db);
ask($db);
