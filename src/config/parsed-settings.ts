/**
 * The settings after parsing and before the checks: which were given, and the values of those that could be parsed.
 * Cross-checks and warnings use this form because they also report when another setting is invalid. The value of an
 * invalid setting is missing here, while `given` still contains its name.
 */
import type { Config, SettingName } from './settings.ts';

/** Never passed to the program: it becomes a `Config` only when there are no errors. */
export interface ParsedSettings {
  /** Set by the operator, even if invalid. */
  readonly given: ReadonlySet<SettingName>;
  /** Defaults included; an invalid setting is missing. */
  readonly values: Partial<Config>;
}

/** True when a salt, a key or Basic credentials are set, so that a forged callback is rejected. */
export function hasAuthentication({ given }: ParsedSettings): boolean {
  return [...given].some((name) => /^(?:DIGEST_SALT|DIGEST_KEY|BASIC_AUTH_)/.test(name));
}
