/**
 * Settings of what finds missed callbacks and of the alerts: what they may be, what they need, and that no part of an
 * address for alerts is shown. Nothing is replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { maskValue } from '../../src/config/print.ts';
import type { SettingName } from '../../src/config/settings.ts';
import { assertSettingError, assertWarning, DIGEST_KEY, settingErrors, validConfig } from '../helpers/config.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const ECOM = { RESURS_USERNAME: 'shop', RESURS_PASSWORD: 'a-long-password' };
const MAPI = { MAPI_CLIENT_ID: 'shop', MAPI_CLIENT_SECRET: 'Tq7-mWx2-Lp9z-81' };
const URL_OF_SLACK = 'https://hooks.slack.com/services/T0/B0/Zk3vP9qLw7Xt2RbYc8NdJf5H';

test('without a setting nothing is asked and nothing is posted', () => {
  const config = validConfig({ DIGEST_KEY });

  const { RECONCILE_INTERVAL, HEARTBEAT_INTERVAL, SILENCE_HOURS, ALERT_URL, ALERT_AUTHORIZATION, ALERT_PING_URL } =
    config;
  assert.deepEqual(
    [RECONCILE_INTERVAL, HEARTBEAT_INTERVAL, SILENCE_HOURS, ALERT_URL, ALERT_AUTHORIZATION, ALERT_PING_URL],
    Array(6).fill(null),
  );
  assert.deepEqual([config.ALERT_FORMAT, config.RECONCILE_GRACE_MINUTES], ['auto', 30]);
});

for (const [name, text, value] of [
  ['RECONCILE_INTERVAL', '5m', 5 * MINUTE_MS],
  ['RECONCILE_INTERVAL', '24h', 24 * HOUR_MS],
  ['RECONCILE_GRACE_MINUTES', '0', 0],
  ['HEARTBEAT_INTERVAL', '15m', 15 * MINUTE_MS],
  ['HEARTBEAT_INTERVAL', '168h', 168 * HOUR_MS],
  ['SILENCE_HOURS', '8760', 8_760],
  ['ALERT_URL', URL_OF_SLACK, URL_OF_SLACK],
  ['ALERT_URL', 'http://alerts.internal:8080/in?key=1', 'http://alerts.internal:8080/in?key=1'],
  ['ALERT_FORMAT', 'teams', 'teams'],
  ['ALERT_PING_URL', 'https://hc-ping.com/uuid', 'https://hc-ping.com/uuid'],
] as const satisfies readonly (readonly [SettingName, string, unknown])[]) {
  test(`${name} may be ${text}`, () => {
    assert.equal(validConfig({ DIGEST_KEY, ...ECOM, [name]: text })[name], value);
  });
}

for (const [name, text] of [
  ['RECONCILE_INTERVAL', '4m'],
  ['RECONCILE_INTERVAL', '25h'],
  ['RECONCILE_INTERVAL', '15'],
  ['RECONCILE_GRACE_MINUTES', '-1'],
  ['HEARTBEAT_INTERVAL', '14m'],
  ['SILENCE_HOURS', '0'],
  ['SILENCE_HOURS', '12h'],
  ['ALERT_URL', 'hooks.slack.com/services/x'],
  ['ALERT_URL', 'https://user:word@alerts.shop.example/'],
  ['ALERT_FORMAT', 'email'],
  ['ALERT_PING_URL', 'ftp://hc-ping.com/uuid'],
] as const satisfies readonly (readonly [SettingName, string])[]) {
  test(`${name} may not be ${text}`, () => {
    assertSettingError({ DIGEST_KEY, ...ECOM, [name]: text }, name, /./);
  });
}

const MAPI_WAY = { ...MAPI, MAPI_CALLBACK_PATHS: '/callbacks/mapi', PUBLIC_URL: 'https://pay.shop.example' };

for (const name of ['RECONCILE_INTERVAL', 'HEARTBEAT_INTERVAL'] as const) {
  test(`${name} needs one of the two accounts at Resurs`, () => {
    assertSettingError({ DIGEST_KEY, [name]: '15m' }, name, /without an account at Resurs/);
    assert.deepEqual(settingErrors({ DIGEST_KEY, [name]: '15m', ...ECOM }), []);
    assert.deepEqual(settingErrors({ DIGEST_KEY, [name]: '15m', ...MAPI_WAY }), []);
  });
}

test('ALERT_AUTHORIZATION needs ALERT_URL', () => {
  assertSettingError(
    { DIGEST_KEY, ALERT_AUTHORIZATION: 'Bearer x' },
    'ALERT_AUTHORIZATION',
    'is set without ALERT_URL',
  );
});

test('PagerDuty needs its key, whether the host or the format names it', () => {
  const host = { DIGEST_KEY, ALERT_URL: 'https://events.pagerduty.com/v2/enqueue' };
  const format = { DIGEST_KEY, ALERT_URL: 'https://proxy.shop.example/', ALERT_FORMAT: 'pagerduty' };

  for (const env of [host, format]) {
    const { fix } = assertSettingError(env, 'ALERT_URL', 'leads to PagerDuty without a key');
    assert.match(fix, /ALERT_AUTHORIZATION/);
    assert.deepEqual(settingErrors({ ...env, ALERT_AUTHORIZATION: 'a-key' }), []);
  }
  assert.deepEqual(settingErrors({ ...host, ALERT_FORMAT: 'json' }), []);
});

test('of the addresses for alerts only the host is shown', () => {
  for (const name of ['ALERT_URL', 'ALERT_PING_URL'] as const) {
    assert.doesNotMatch(maskValue(name, URL_OF_SLACK), /services|Zk3v/);
    assert.match(maskValue(name, URL_OF_SLACK), /hooks\.slack\.com/);
  }
  assert.doesNotMatch(maskValue('ALERT_AUTHORIZATION', 'Bearer Zk3v'), /Zk3v/);
});

test('the address for alerts may come from a file', () => {
  const loaded = loadConfig({ DIGEST_KEY, ALERT_URL_FILE: '/run/secrets/alert' }, () => `${URL_OF_SLACK}\n`);

  assert.ok(loaded.outcome === 'loaded');
  assert.equal(loaded.config.ALERT_URL, URL_OF_SLACK);
});

for (const [misspelled, name] of [
  ['ALERT_ULR', 'ALERT_URL'],
  ['ALERT_PING', 'ALERT_PING_URL'],
  ['RECONCILE_GRACE', 'RECONCILE_GRACE_MINUTES'],
  ['HEARTBEAT_INTERVALL', 'HEARTBEAT_INTERVAL'],
] as const) {
  test(`${misspelled} is warned of`, () => {
    assertWarning(
      { DIGEST_KEY, PUBLIC_URL: 'https://pay.shop.example', [misspelled]: 'x' },
      misspelled,
      new RegExp(name),
    );
  });
}
