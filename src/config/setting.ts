/**
 * One row of the settings table. The default is written as an operator would write it and goes through the same parser,
 * so an invalid default cannot exist. A secret differs in three ways: it is masked, it can come from NAME_FILE, and a
 * weak value can give a warning.
 */
import { path, type SettingType } from './types/basic.ts';
import type { PemContent } from './types/pem.ts';

/** One row of the table. `T` is the type of the value; `D` is `string` when there is a default, else `null`. */
export interface Setting<T, D extends string | null = string | null> {
  readonly kind: SettingType<T>;
  /** As text; a setting without default is null in the configuration when it is not set. */
  readonly defaultText: D;
  /** For operators: one or two plain sentences. */
  readonly meaning: string;
  /** Masked wherever it is printed; its value can also come from the file that NAME_FILE names. */
  readonly secret: boolean;
  /** The value is the path of a file that must be readable when the service starts. */
  readonly readable: boolean;
  /** What the file must contain. */
  readonly pem?: PemContent;
  /** Also read from its name in lower case, which comes first: a name that other programs use as well. */
  readonly lowerCase?: true;
  /** Value in `.env.example`, so that a first start works; its text says that it must be changed. */
  readonly sample?: string;
}

/** The type of a setting's value in the configuration. */
export type SettingValue<S> = S extends Setting<infer T, infer D> ? (D extends null ? T | null : T) : never;

/** Creates a setting that always has a value. */
export function withDefault<T>(kind: SettingType<T>, defaultText: string, meaning: string): Setting<T, string> {
  return { kind, defaultText, meaning, secret: false, readable: false };
}

/** Creates a setting that may be unset. */
export function optional<T>(kind: SettingType<T>, meaning: string): Setting<T, null> {
  return { kind, defaultText: null, meaning, secret: false, readable: false };
}

/** Creates a secret that may be unset. */
export function secret(kind: SettingType<string>, meaning: string): Setting<string, null> {
  return { kind, defaultText: null, meaning, secret: true, readable: false };
}

/** Creates a secret that a first start needs, with the sample value for it. */
export function secretWithSample(kind: SettingType<string>, sample: string, meaning: string): Setting<string, null> {
  return { ...secret(kind, meaning), sample };
}

/** Creates a setting for the path of a file that must exist. */
export function requiredFile(meaning: string): Setting<string, null> {
  return { kind: path(), defaultText: null, meaning, secret: false, readable: true };
}

/** Creates a setting for the path of a file that must exist and contain this. */
export function pemFile(pem: PemContent, meaning: string): Setting<string, null> {
  return { ...requiredFile(meaning), pem };
}
