/**
 * Accepted and rejected values of each setting. A typing mistake must stop the start with a sentence about that
 * setting, and must never be read as another value. All values go through `loadConfig`; nothing is replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SettingName } from '../../src/config/settings.ts';
import { assertSettingError, DIGEST_KEY, validConfig } from '../helpers/config.ts';

/** Settings that the one under test needs. */
const COMPANIONS: Partial<Record<SettingName, Record<string, string>>> = {
  ORDER_PATTERN: { ORDER_OWNERSHIP: 'pattern' },
  ORDER_OWNERSHIP: { ORDER_PATTERN: '.*' },
  WEBHOOK_URL: { WEBHOOK_SECRET: `whsec_${Buffer.alloc(24, 7).toString('base64')}` },
  BASIC_AUTH_USERNAME: { BASIC_AUTH_PASSWORD: 'a-long-password' },
  BASIC_AUTH_PASSWORD: { BASIC_AUTH_USERNAME: 'resurs' },
  STATUS_URL: { STATUS_TOKEN: 'a-token-of-some-length-9Qw4' },
  DATABASE_DIRECT_URL: { DATABASE_URL: 'postgres://db/x' },
  MIGRATION_DATABASE_URL: { DATABASE_URL: 'postgres://db/x' },
};

function withSetting(name: SettingName, text: string): Record<string, string> {
  return { DIGEST_KEY, ...COMPANIONS[name], [name]: text };
}

const whsec = (bytes: number) => `whsec_${Buffer.alloc(bytes, 'abcdefghijk').toString('base64')}`;

const ACCEPTED: readonly (readonly [SettingName, string, unknown])[] = [
  ['HOST', '::', '::'],
  ['HOST', 'localhost', 'localhost'],
  ['PORT', '0', 0],
  ['PORT', '65535', 65_535],
  ['PORT', ' 8081 ', 8081],
  ['STATUS_PORT', '9090', 9090],
  ['STATUS_URL', 'https://ops.example/receiver/', 'https://ops.example/receiver'],
  ['STATUS_URL', 'http://10.0.0.5:8081', 'http://10.0.0.5:8081'],
  ['TRUST_PROXY', '10.0.0.0/8, 2001:db8::/32', ['10.0.0.0/8', '2001:db8::/32']],
  ['TRUST_PROXY', '127.0.0.1', ['127.0.0.1']],
  ['DATABASE_URL', 'postgres://u:p%23@db:5432/shop?sslmode=require', 'postgres://u:p%23@db:5432/shop?sslmode=require'],
  ['DATABASE_URL', 'postgresql:///shop?host=/run/postgresql', 'postgresql:///shop?host=/run/postgresql'],
  ['DATABASE_URL', 'postgres://u:p@/shop?host=/run', 'postgres://u:p@/shop?host=/run'],
  ['DATABASE_URL', 'postgres://u@h1:5432,h2:5433/shop', 'postgres://u@h1:5432,h2:5433/shop'],
  ['DATABASE_DIRECT_URL', 'postgres://server:5432/shop', 'postgres://server:5432/shop'],
  ['MIGRATION_DATABASE_URL', 'postgres://owner@db/shop', 'postgres://owner@db/shop'],
  ['DATABASE_POOL_SIZE', '1', 1],
  ['MIGRATE_ON_START', 'false', false],
  ['DATA_DIR', '/var/lib/our data', '/var/lib/our data'],
  ['DIGEST_KEY', 'ö'.repeat(32), 'ö'.repeat(32)],
  ['DIGEST_SALT', ' with spaces ', ' with spaces '],
  ['DIGEST_SALT_AUTOMATIC_FRAUD_CONTROL', 'x', 'x'],
  ['DIGEST_VALID_FROM', '1700000000', 1_700_000_000],
  ['DIGEST_ALGORITHM', 'md5', ['md5']],
  ['DIGEST_ALGORITHM', 'sha1, md5,sha1', ['sha1', 'md5']],
  ['BASIC_AUTH_USERNAME', 'Åsa', 'Åsa'],
  ['BASIC_AUTH_PASSWORD', 'with:colon and space', 'with:colon and space'],
  ['ALLOWED_SOURCES', '10.1.2.3', ['10.1.2.3']],
  ['ALLOWED_SOURCES', '13.50.187.51,resurs', resursAfter('13.50.187.51')],
  ['ALLOWED_SOURCES', '::ffff:10.1.2.3,::FFFF:a00:0/104,', ['10.1.2.3', '10.0.0.0/8']],
  ['ALLOW_UNAUTHENTICATED', 'true', true],
  ['ORDER_OWNERSHIP', 'pattern', 'pattern'],
  ['ORDER_PATTERN', '[0-9]{9}', '[0-9]{9}'],
  ['ACCEPT_REJECTED_CALLBACKS', 'true', true],
  ['MAX_EVENTS_PER_PAYMENT', '0', 0],
  ['DEDUPE_WINDOW_DAYS', '2', 2],
  ['WEBHOOK_URL', 'https://shop.example/hooks?x=1', 'https://shop.example/hooks?x=1'],
  ['WEBHOOK_URL', 'http://127.0.0.1:3000', 'http://127.0.0.1:3000/'],
  ['WEBHOOK_SECRET', whsec(24), whsec(24)],
  ['WEBHOOK_SECRET', whsec(64), whsec(64)],
  ['WEBHOOK_AUTHORIZATION', 'Bearer a b', 'Bearer a b'],
  ['WEBHOOK_TIMEOUT_MS', '100', 100],
  ['WEBHOOK_CONCURRENCY', '1', 1],
  ['WEBHOOK_RETRY_SCHEDULE', '500ms,30s, 2m,1h', [500, 30_000, 120_000, 3_600_000]],
  ['WEBHOOK_RETRY_SCHEDULE', '5s,5s', [5_000, 5_000]],
  ['FORWARD_TEST_CALLBACKS', 'true', true],
  ['HTTP_PROXY', 'http://user:p%40ss@proxy.example:3128', 'http://user:p%40ss@proxy.example:3128/'],
  ['HTTP_PROXY', 'proxy.example:3128', 'http://proxy.example:3128/'],
  ['HTTP_PROXY', 'user:pass@10.0.0.1:3128/', 'http://user:pass@10.0.0.1:3128/'],
  ['HTTPS_PROXY', ' https://proxy.example ', 'https://proxy.example/'],
  ['NO_PROXY', 'localhost, .SVC  10.0.0.0/8,<local>,,*', ['localhost', '.svc', '10.0.0.0/8', '<local>', '*']],
  ['STATUS_TOKEN', 'a+/=~token.with-signs:0123', 'a+/=~token.with-signs:0123'],
  ['SHUTDOWN_TIMEOUT_MS', '0', 0],
  ['LOG_LEVEL', 'silent', 'silent'],
];

for (const [name, text, value] of ACCEPTED) {
  test(`${name} accepts ${JSON.stringify(text).slice(0, 60)}`, () => {
    const config = validConfig(withSetting(name, text));

    assert.deepEqual(config[name], value);
  });
}

const REJECTED: readonly (readonly [SettingName, string, RegExp])[] = [
  ['HOST', 'http://0.0.0.0', /not an address/],
  ['HOST', '[::1]', /not an address/],
  ['PORT', '80a', /not a whole number/],
  ['PORT', '1e3', /not a whole number/],
  ['PORT', '-1', /not a whole number/],
  ['PORT', '80.0', /not a whole number/],
  ['PORT', ' ', /not a whole number/],
  ['PORT', '65536', /above 65535/],
  ['STATUS_PORT', '70000', /above 65535/],
  ['STATUS_URL', 'ops.example/receiver', /not a URL/],
  ['STATUS_URL', 'javascript:alert(1)', /neither https nor http/],
  ['STATUS_URL', 'https://eva:word@ops.example', /user name or password/],
  ['STATUS_URL', 'https://ops.example/?token=x', /query or a fragment/],
  ['STATUS_URL', 'https://ops.example/#/status', /query or a fragment/],
  ['TRUST_PROXY', '1', /not an IP address/],
  ['TRUST_PROXY', 'true', /not an IP address/],
  ['TRUST_PROXY', 'loopback', /not an IP address/],
  ['TRUST_PROXY', ',', /has no entries/],
  ['DATABASE_URL', 'db:5432/shop', /not a postgres/],
  ['DATABASE_URL', 'postgres:shop', /not a postgres/],
  ['DATABASE_URL', 'mysql://db/shop', /not a postgres/],
  ['DATABASE_URL', 'postgres://u:p#w@db/shop', /not a URL/],
  ['DATABASE_URL', 'postgres://u:1#w@db/shop', /percent-encoded/],
  ['DATABASE_URL', 'postgres://u:1/w@db/shop', /percent-encoded/],
  ['DATABASE_URL', 'postgres://u:1?w@db/shop', /percent-encoded/],
  ['DATABASE_URL', 'postgres://u:1?word=x@db/shop', /percent-encoded/],
  ['DATABASE_URL', 'postgres://db:x/shop', /not a URL/],
  ['DATABASE_URL', 'postgres://h1:5432,:5433/shop', /empty name/],
  ['DATABASE_URL', 'postgres://h1,h2:70000/shop', /port that is not/],
  ['DATABASE_POOL_SIZE', '0', /below 1/],
  ['MIGRATE_ON_START', 'yes', /neither true nor false/],
  ['MIGRATE_ON_START', 'TRUE', /neither true nor false/],
  ['DATA_DIR', 'a\nb', /control characters/],
  ['DIGEST_KEY', 'k'.repeat(31), /shorter than 32/],
  ['DIGEST_KEY', `${'k'.repeat(32)}\n`, /control characters/],
  ['DIGEST_SALT', 'line\nbreak', /control characters/],
  ['DIGEST_VALID_FROM', '1700000000000', /above 999999999999/],
  ['DIGEST_VALID_FROM', '2026-01-01', /not a whole number/],
  ['DIGEST_ALGORITHM', 'sha256', /entry 1 is not sha1 or md5/],
  ['DIGEST_ALGORITHM', 'sha1,SHA1', /entry 2 is not sha1 or md5/],
  ['BASIC_AUTH_USERNAME', 'a:b', /colon/],
  ['BASIC_AUTH_PASSWORD', 'a\tb', /control characters/],
  ['BASIC_AUTH_PASSWORD', 'a\u2028b', /line separators/],
  ['ALLOWED_SOURCES', '10.0.0.0/33', /entry 1 has a prefix length that is not 0 to 32/],
  ['ALLOWED_SOURCES', '10.0.0.1,2001:db8::/129', /entry 2 has a prefix length that is not 0 to 128/],
  ['ALLOWED_SOURCES', '10.0.0.0/', /prefix/],
  ['ALLOWED_SOURCES', '10.0.0.0/8/8', /not an IP address/],
  ['ALLOWED_SOURCES', '010.0.0.1', /not an IP address/],
  ['ALLOWED_SOURCES', 'fe80::1%eth0', /not an IP address/],
  ['ALLOWED_SOURCES', '::ffff:10.0.0.0/8', /wider than all of IPv4/],
  ['ALLOWED_SOURCES', ' ', /has no entries/],
  ['ORDER_LOOKUP_URL', 'https://shop.example/orders', /does not contain \{paymentId\} exactly once/],
  ['ORDER_LOOKUP_URL', 'https://{paymentId}.example/', /in its host/],
  ['ORDER_LOOKUP_URL', 'ftp://shop.example/{paymentId}', /neither https nor http/],
  ['ORDER_OWNERSHIP', 'ask', /not any, pattern, registered or lookup/],
  ['ORDER_PATTERN', '(', /missing closing/],
  ['ORDER_PATTERN', '(?=a)b', /regular expression/],
  ['ORDER_PATTERN', 'a'.repeat(201), /longer than 200/],
  ['MAX_EVENTS_PER_PAYMENT', '1000001', /above 1000000/],
  ['DEDUPE_WINDOW_DAYS', '1', /below 2/],
  ['WEBHOOK_URL', 'shop.example/hooks', /not a URL/],
  ['WEBHOOK_URL', 'ftp://shop.example', /neither https nor http/],
  ['WEBHOOK_URL', 'https://user@shop.example', /user name or password/],
  ['WEBHOOK_URL', 'https://shop.example/#x', /fragment/],
  ['WEBHOOK_SECRET', Buffer.alloc(24).toString('base64'), /does not start with whsec_/],
  ['WEBHOOK_SECRET', whsec(23), /24 to 64 bytes/],
  ['WEBHOOK_SECRET', whsec(65), /24 to 64 bytes/],
  ['WEBHOOK_SECRET', whsec(25).replace(/=+$/, ''), /padded base64/],
  ['WEBHOOK_SECRET', 'whsec_not base64 at all, sorry!', /padded base64/],
  ['WEBHOOK_AUTHORIZATION', 'Bearer a\r\nx-evil: 1', /not a valid header value/],
  ['WEBHOOK_AUTHORIZATION', ' Bearer a', /not a valid header value/],
  ['WEBHOOK_AUTHORIZATION', 'Bearer å', /not a valid header value/],
  ['WEBHOOK_AUTHORIZATION', 'a'.repeat(4097), /not a valid header value/],
  ['WEBHOOK_TIMEOUT_MS', '15s', /not a whole number/],
  ['WEBHOOK_CONCURRENCY', '0', /below 1/],
  ['WEBHOOK_RETRY_SCHEDULE', ',', /has no entries/],
  ['WEBHOOK_RETRY_SCHEDULE', '5s,30', /entry 2 is not a delay/],
  ['WEBHOOK_RETRY_SCHEDULE', '1d', /entry 1 is not a delay/],
  ['WEBHOOK_RETRY_SCHEDULE', '1.5h', /entry 1 is not a delay/],
  ['WEBHOOK_RETRY_SCHEDULE', '0s', /a delay of zero/],
  ['WEBHOOK_RETRY_SCHEDULE', '721h', /above 720h/],
  ['WEBHOOK_RETRY_SCHEDULE', '1s,'.repeat(101), /more than 100 delays/],
  ['HTTP_PROXY', 'proxy.example', /not a URL/],
  ['HTTP_PROXY', 'http://', /not a URL/],
  ['HTTP_PROXY', 'socks5://proxy.example:1080', /neither an http nor an https proxy/],
  ['HTTP_PROXY', 'http://proxy.example:3128/path', /has a path/],
  ['HTTPS_PROXY', 'http://proxy.example:3128?x', /query/],
  ['HTTPS_PROXY', 'http://user:100%@proxy.example:3128', /percent-encoded/],
  ['HTTPS_PROXY', 'http://proxy.example:99999', /not a URL/],
  ['STATUS_TOKEN', 'two words', /spaces/],
  ['STATUS_TOKEN', 'tab\there', /control/],
  ['LOG_LEVEL', 'verbose', /not fatal, error, warn, info, debug, trace or silent/],
];

for (const [name, text, problem] of REJECTED) {
  test(`${name} rejects ${JSON.stringify(text).slice(0, 60)}`, () => {
    const error = assertSettingError(withSetting(name, text), name, problem);

    assert.match(error.fix, /^set it to /);
  });
}

function resursAfter(first: string): string[] {
  const others = ['51.21.32.255', '51.21.206.32', '51.21.39.192'];
  return [first, '192.121.110.0/24', '194.68.237.0/24', '91.198.202.0/24', ...others];
}
