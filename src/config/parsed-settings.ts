/**
 * The settings between reading and judging: what was given, and the values of all that could be parsed. Rules and warnings
 * look at a draft, because they also speak up when some other setting is faulty: then its value is missing here, while
 * `given` still says that somebody set it.
 */
import type { Config, SettingName } from './settings.ts';

/** Never handed to the program: only a draft without faults becomes a `Config`. */
export interface ParsedSettings {
  /** Set by the operator, even if faulty. */
  readonly given: ReadonlySet<SettingName>;
  /** Defaults included; a faulty setting is missing. */
  readonly values: Partial<Config>;
}

/** Whether anything is set that makes the callbacks of strangers fail. */
export function hasAuthentication({ given }: ParsedSettings): boolean {
  return [...given].some((name) => /^(?:DIGEST_SALT|DIGEST_KEY|BASIC_AUTH_)/.test(name));
}
