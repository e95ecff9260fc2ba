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

/** What an event says of its order. Orders are shipped at `may ship` and `paid`, never at `on hold`. */
const STATUSES = [
    'payment.frozen' => 'on hold', // Resurs suspects fraud and looks at it, maybe for days.
    'payment.thawed' => 'may ship',
    'payment.unfrozen' => 'may ship',
    'payment.finalized' => 'paid', // Resurs has debited by itself.
    'payment.annulled' => 'cancelled', // In full. Give the stock free.
];

/** True when one of the signatures was made with one of the secrets, at most five minutes ago. */
function isGenuine(array $secrets, array $headers, string $body): bool
{
    ['id' => $id, 'timestamp' => $timestamp, 'signature' => $signatures] = $headers;
    if (!preg_match('/^[0-9]{1,12}$/D', $timestamp) || abs(time() - (int) $timestamp) > MAX_AGE_SECONDS) {
        return false;
    }
    foreach ($secrets as $secret) {
        $key = base64_decode(substr($secret, strlen('whsec_')), true);
        $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
        foreach (explode(' ', $signatures) as $given) {
            if (hash_equals($expected, $given)) {
                return true;
            }
        }
    }
    return false;
}

function isEvent(mixed $event): bool
{
    return is_array($event)
        && is_string($event['type'] ?? null)
        && is_array($event['data'] ?? null)
        && is_int($event['data']['sequence'] ?? null)
        && array_key_exists('paymentId', $event['data'])
        && (is_string($event['data']['paymentId']) || $event['data']['paymentId'] === null)
        && is_bool($event['data']['verified']['result'] ?? null);
}

function setting(string $name): string
{
    return (string) getenv($name) ?: throw new RuntimeException("$name must be set.");
}

/** Says what this PHP lacks, in its error log. The receiver gets 500 and tries again until it is installed. */
function requireExtensions(): void
{
    $missing = array_filter(EXTENSIONS, fn (string $name): bool => !extension_loaded($name));
    if ($missing !== []) {
        error_log('webhook.php needs PHP extensions that are missing: ' . implode(', ', $missing)
            . '. Debian has pdo_sqlite in the package php-sqlite3.');
        exit(1);
    }
}

function openDatabase(): PDO
{
    $db = new PDO('sqlite:' . setting('DATA_FILE'), options: [PDO::ATTR_TIMEOUT => 5]);
    $db->exec('create table if not exists inbox (webhook_id text primary key, event text not null, handled_at text)');
    $db->exec('create table if not exists orders
        (payment_id text primary key, status text not null, sequence integer not null)');
    $db->exec('create table if not exists notes (payment_id text not null, note text not null)');
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
            // Mark and work are one commit: after a crash there are both or neither, and nobody else works on it meanwhile.
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
    ['type' => $type, 'data' => ['paymentId' => $paymentId, 'sequence' => $sequence, 'verified' => $verified]] = $event;
    if ($paymentId === null) {
        return; // callback.test: the way works.
    }
    $db->prepare('insert into notes (payment_id, note) values (?, ?)')->execute([$paymentId, $type]);
    if ($type === 'payment.booked') {
        // The order exists, no more: it may be frozen. Ask Resurs for the payment, and ship only if it is not. Since it
        // says less than every other event, it overwrites none.
        $db->prepare("insert into orders (payment_id, status, sequence) values (?, 'booked', 0) on conflict do nothing")
            ->execute([$paymentId]);
    }
    if ($type === 'payment.thawed' && !$verified['result']) {
        return; // Only a proven result sets an order free; for another one ask Resurs.
    }
    // payment.updated (a debit, credit or annulment, maybe in part) and payment.other move no order: ask Resurs for the
    // payment as it is now. An older event than the last one still happened, but does not set the order back.
    if (isset(STATUSES[$type])) {
        $db->prepare('insert into orders (payment_id, status, sequence) values (?, ?, ?)
            on conflict (payment_id) do update set status = excluded.status, sequence = excluded.sequence
            where excluded.sequence > orders.sequence')->execute([$paymentId, STATUSES[$type], $sequence]);
    }
}

if (PHP_SAPI !== 'cli') {
    ignore_user_abort(true);
    http_response_code(500); // For whatever ends the next lines.
    requireExtensions();
    http_response_code(receive());
    // The answer leaves now, under PHP-FPM and, since it has no body, elsewhere too.
    function_exists('fastcgi_finish_request') ? fastcgi_finish_request() : flush();
    if (http_response_code() !== 204) {
        exit;
    }
}
requireExtensions();
work(openDatabase());
