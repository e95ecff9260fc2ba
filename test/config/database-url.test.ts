/**
 * The URL of the database, read as libpq reads it: hosts with their ports, parameters that have an effect, parameters
 * that have none and give a warning, and all others, which stop the start by name.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDatabaseUrl } from '../../src/config/types/database-url.ts';
import { makeAuthority } from '../helpers/certificates.ts';
import { assertSettingError, assertWarning, DIGEST_KEY, settingErrors } from '../helpers/config.ts';

function parse(url: string) {
  const parsed = parseDatabaseUrl(url);
  assert.ok(parsed.outcome === 'parsed', JSON.stringify(parsed));
  return parsed.value;
}

const envWith = (url: string) => ({ DIGEST_KEY, DATABASE_URL: url });

const HOSTS: readonly (readonly [string, readonly string[]])[] = [
  ['postgres://db/x', ['db 5432']],
  ['postgres://u:p@db:6432/x', ['db 6432']],
  ['postgres://h1:1,h2:2,h3:3/x', ['h1 1', 'h2 2', 'h3 3']],
  ['postgres://u:p@h1,h2:5433/x', ['h1 5432', 'h2 5433']],
  ['postgres://[::1]:5433,[2001:db8::2]/x', ['::1 5433', '2001:db8::2 5432']],
  ['postgres://%2Frun%2Fpostgresql/x', ['/run/postgresql 5432']],
  ['postgres:///x?host=/run/postgresql', ['/run/postgresql 5432']],
  ['postgres://localhost:5433/x?host=/run/postgresql', ['/run/postgresql 5433']],
  ['postgres:///x?host=h1,h2&port=1,2', ['h1 1', 'h2 2']],
  ['postgres:///x?host=h1,h2&port=7', ['h1 7', 'h2 7']],
  ['postgres:///x', ['localhost 5432']],
];

for (const [url, expected] of HOSTS) {
  test(`the hosts of ${url} are ${expected.join(' and ')}`, () => {
    assert.deepEqual(
      parse(url).hosts.map(({ host, port }) => `${host} ${port}`),
      expected,
    );
  });
}

test('user, password and database are decoded, and a lone percent sign is itself', () => {
  const { user, password, database } = parse('postgres://us%40er:p%23a%ss%2F@db/my%20shop');

  assert.deepEqual([user, password, database], ['us@er', 'p#a%ss/', 'my shop']);
});

const REFUSED: readonly (readonly [query: string, problem: RegExp, fix: RegExp])[] = [
  ['foo=1', /unknown parameter foo$/, /^remove foo/],
  ['sslmod=require', /unknown parameter sslmod$/, /^remove sslmod/],
  ['schema=receiver', /unknown parameter schema$/, /search_path/],
  ['pgbouncer=true', /unknown parameter pgbouncer$/, /^remove pgbouncer/],
  ['service=shop', /unknown parameter service$/, /^remove service/],
  ['replication=database', /unknown parameter replication$/, /^remove replication/],
  ['ssl=false', /value of ssl that does not fit/, /sslmode=disable/],
  ['ssl=off', /value of ssl that does not fit/, /sslmode=disable/],
  ['ssl=true&sslmode=disable', /contradict/, /remove ssl/],
  ['ssl=0&sslmode=require', /contradict/, /remove ssl/],
  ['sslmode=allow', /value of sslmode/, /verify-full/],
  ['target_session_attrs=standby', /value of target_session_attrs/, /read-write/],
  ['target_session_attrs=prefer-standby', /value of target_session_attrs/, /read-write/],
  ['sslnegotiation=direct&sslmode=disable', /without TLS/, /sslmode=verify-full/],
  ['sslcert=/c.pem', /without sslkey/, /set sslkey/],
  ['uselibpqcompat=true&sslmode=verify-ca', /without sslrootcert/, /set sslrootcert/],
  ['sslrootcert=/no/such/file.pem', /names in sslrootcert a file that cannot be read \(ENOENT\)/, /^set sslrootcert/],
  ['port=1,2', /1 hosts and 2 ports/, /one port for all/],
];

for (const [query, problem, fix] of REFUSED) {
  test(`DATABASE_URL with ${query} is an error with a fix`, () => {
    const error = assertSettingError(envWith(`postgres://db/shop?${query}`), 'DATABASE_URL', problem);

    assert.match(error.fix, fix);
  });
}

test('MIGRATION_DATABASE_URL is read in the same way', () => {
  const env = { ...envWith('postgres://db/shop'), MIGRATION_DATABASE_URL: 'postgres://o@db/shop?foo=1' };

  assertSettingError(env, 'MIGRATION_DATABASE_URL', /unknown parameter foo/);
});

test('a file without a certificate is an error, and one with a certificate is none', async () => {
  const { root } = await makeAuthority();
  const env = envWith('postgres://db/shop?sslmode=verify-full&sslrootcert=/ca.pem');

  assertSettingError(env, 'DATABASE_URL', /names in sslrootcert a file without a certificate/, () => 'no certificate');
  assert.deepEqual(
    settingErrors(env, () => root),
    [],
  );
});

test('parameters that the receiver decides by itself give a warning with their names', () => {
  const query = 'connect_timeout=5&statement_timeout=0&application_name=shop&sslmode=require';

  assertWarning(
    { ...envWith(`postgres://db/shop?${query}`), BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: DIGEST_KEY },
    'DATABASE_URL',
    /without effect: connect_timeout, statement_timeout\./,
  );
});

const TLS: readonly (readonly [string, string | null])[] = [
  ['', null],
  ['sslmode=disable', null],
  ['ssl=0', null],
  ['ssl=true', 'full'],
  ['sslmode=prefer', 'full'],
  ['sslmode=require', 'full'],
  ['sslmode=verify-full&sslrootcert=system', 'full'],
  ['sslmode=no-verify', 'none'],
  ['ssl=no-verify', 'none'],
  ['sslrootcert=/ca.pem', 'full'],
  ['uselibpqcompat=true&sslmode=require', 'none'],
  ['uselibpqcompat=true&sslmode=require&sslrootcert=/ca.pem', 'ca'],
  ['uselibpqcompat=true&sslmode=verify-ca&sslrootcert=/ca.pem', 'ca'],
  ['sslnegotiation=direct', 'full'],
];

for (const [query, verify] of TLS) {
  test(`TLS with "${query}" is ${verify ?? 'off'}`, () => {
    assert.equal(parse(`postgres://db/shop?${query}`).tls?.verify ?? null, verify);
  });
}
