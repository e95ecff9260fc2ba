/**
 * What the table says about one setting. The default is written as an operator would write it and goes through the
 * same parser, so a default that the check would refuse cannot exist. Whether a setting is a secret decides
 * three things at once: it is masked, it works as NAME_FILE, and its strength may be warned about.
 */
import { path, type SettingType } from './types/basic.ts';

/** One row of the table; `T` is the value's type, `D` tells whether it has a default. */
export interface Setting<T, D extends string | null = string | null> {
  readonly kind: SettingType<T>;
  /** As text; a setting without default is null in the configuration when it is not set. */
  readonly defaultText: D;
  /** For operators: one or two plain sentences. */
  readonly meaning: string;
  /** Never shown, and also taken from the file that NAME_FILE names. */
  readonly secret: boolean;
  /** The value is the path of a file that has to be readable when the service starts. */
  readonly readable: boolean;
  /** What `.env.example` holds, so that a first start works; says of itself that it has to be changed. */
  readonly sample?: string;
}

/** What the program gets for a setting. */
export type SettingValue<S> = S extends Setting<infer T, infer D> ? (D extends null ? T | null : T) : never;

/** A setting that always has a value. */
export function withDefault<T>(kind: SettingType<T>, defaultText: string, meaning: string): Setting<T, string> {
  return { kind, defaultText, meaning, secret: false, readable: false };
}

/** A setting that may be left out. */
export function optional<T>(kind: SettingType<T>, meaning: string): Setting<T, null> {
  return { kind, defaultText: null, meaning, secret: false, readable: false };
}

/** A setting that may be left out and is never shown. */
export function secret(kind: SettingType<string>, meaning: string): Setting<string, null> {
  return { kind, defaultText: null, meaning, secret: true, readable: false };
}

/** A secret without which a first start would not work. */
export function secretWithSample(kind: SettingType<string>, sample: string, meaning: string): Setting<string, null> {
  return { ...secret(kind, meaning), sample };
}

/** The path of a file that has to be there. */
export function requiredFile(meaning: string): Setting<string, null> {
  return { kind: path(), defaultText: null, meaning, secret: false, readable: true };
}
