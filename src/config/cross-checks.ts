/**
 * Rules between settings: which need each other, and which exclude each other. They use what was given, so that an
 * incomplete change is found at start and not by the first callback. Each rule checks one thing and ignores a setting
 * that is invalid by itself: one mistake gives one error. Rules of one subject have a file in cross-checks/.
 */
import { askingWithoutAccount, snapshotWithoutAccount } from './cross-checks/accounts.ts';
import { missingAuthentication, readTokenThatChanges, unconfirmedMapi } from './cross-checks/authentication.ts';
import { missingCompanions, previousWithoutCurrent } from './cross-checks/companions.ts';
import { heartbeatWithoutWay } from './cross-checks/heartbeat.ts';
import { ownershipErrors, unauthenticatedLookup } from './cross-checks/ownership.ts';
import type { ParsedSettings } from './parsed-settings.ts';
import type { SettingError } from './setting-error.ts';
import { alertFormatOf } from './types/alert-format.ts';

/** Returns the errors of all rules; empty when the settings are consistent. */
export function crossCheck(parsed: ParsedSettings): SettingError[] {
  return [
    ...missingCompanions(parsed),
    ...previousWithoutCurrent(parsed),
    ...ownershipErrors(parsed),
    ...unauthenticatedLookup(parsed),
    ...sharedPort(parsed),
    ...retentionBelowDedupe(parsed),
    ...missingAuthentication(parsed),
    ...mockErrorsInProduction(parsed),
    ...unconfirmedMapi(parsed),
    ...snapshotWithoutAccount(parsed),
    ...askingWithoutAccount(parsed),
    ...heartbeatWithoutWay(parsed),
    ...pagerdutyWithoutKey(parsed),
    ...readTokenThatChanges(parsed),
  ];
}

/** Port 0 selects any free port, so it never conflicts. */
function sharedPort({ values }: ParsedSettings): SettingError[] {
  const { PORT, STATUS_PORT } = values;
  if (STATUS_PORT === undefined || STATUS_PORT === null || STATUS_PORT === 0 || STATUS_PORT !== PORT) return [];
  return [
    {
      setting: 'STATUS_PORT',
      problem: 'is the same as PORT',
      fix: 'set another port, or unset STATUS_PORT to serve the status API on PORT',
    },
  ];
}

/** If an event were pruned inside the dedupe window, a repeated callback would create it again. */
function retentionBelowDedupe({ values }: ParsedSettings): SettingError[] {
  const { RETENTION_DAYS, DEDUPE_WINDOW_DAYS } = values;
  if (RETENTION_DAYS === undefined || DEDUPE_WINDOW_DAYS === undefined) return [];
  if (RETENTION_DAYS === 0 || RETENTION_DAYS >= DEDUPE_WINDOW_DAYS) return [];
  return [
    {
      setting: 'RETENTION_DAYS',
      problem: 'is below DEDUPE_WINDOW_DAYS',
      fix: 'set it to at least DEDUPE_WINDOW_DAYS, or to 0 to keep everything',
    },
  ];
}

function mockErrorsInProduction({ values }: ParsedSettings): SettingError[] {
  if (values.MOCK_ERRORS !== true || values.RESURS_ENVIRONMENT !== 'production') return [];
  return [
    {
      setting: 'MOCK_ERRORS',
      problem: 'is true with RESURS_ENVIRONMENT=production, where it would refuse real callbacks',
      fix: 'unset MOCK_ERRORS',
    },
  ];
}

/** PagerDuty takes its key in the body; without it every alert is refused. */
function pagerdutyWithoutKey({ given, values }: ParsedSettings): SettingError[] {
  const { ALERT_URL: url, ALERT_FORMAT: format } = values;
  if (typeof url !== 'string' || format === undefined || given.has('ALERT_AUTHORIZATION')) return [];
  if (alertFormatOf(format, url) !== 'pagerduty') return [];
  return [
    {
      setting: 'ALERT_URL',
      problem: 'leads to PagerDuty without a key',
      fix: 'set ALERT_AUTHORIZATION to the integration key of the service (Events API v2)',
    },
  ];
}
