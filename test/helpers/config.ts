/** Asserts what loading a set of settings gives: a configuration, setting errors, warnings. */
import assert from 'node:assert/strict';
import type { Environment, ReadFile } from '../../src/config/environment.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { SettingError } from '../../src/config/setting-error.ts';
import type { Config } from '../../src/config/settings.ts';

/** A master key that gives no warning. It alone is enough to start. */
export const DIGEST_KEY = 'k7Qm2xVt9RbLw4ZsYc8NpJd5HfGa3Tue';

/** Loads settings that must be valid. */
export function validConfig(env: Environment, readFile?: ReadFile): Config {
  const loaded = loadConfig(env, readFile);
  assert.ok(loaded.outcome === 'loaded', JSON.stringify(loaded));
  return loaded.config;
}

/** Returns the errors of settings, in the order in which they are reported; empty when the settings are valid. */
export function settingErrors(env: Environment, readFile?: ReadFile): readonly SettingError[] {
  const loaded = loadConfig(env, readFile);
  return loaded.outcome === 'invalid' ? loaded.errors : [];
}

/** Asserts that there is exactly one error, of this setting. A problem that is a text must be equal to the error's. */
export function assertSettingError(
  env: Environment,
  setting: string,
  problem: RegExp | string,
  readFile?: ReadFile,
): SettingError {
  const [error, ...others] = settingErrors(env, readFile);
  assert.ok(error !== undefined, `${setting} is valid`);
  assert.deepEqual(others, []);
  assert.equal(error.setting, setting);
  if (typeof problem === 'string') assert.equal(error.problem, problem);
  else assert.match(error.problem, problem);
  return error;
}

/**
 * Asserts that there is exactly one warning, and that it begins with `setting`. A text must be equal to the whole
 * warning.
 */
export function assertWarning(env: Environment, setting: string, warning: RegExp | string): void {
  const { warnings } = loadConfig(env);
  assert.equal(warnings.length, 1, warnings.join('\n'));
  const text = warnings[0] ?? '';
  assert.match(text, new RegExp(`^${setting}\\b`));
  if (typeof warning === 'string') assert.equal(text, warning);
  else assert.match(text, warning);
}
