/** The secrets of a run. They follow from its seed, so that a run can be had again to the byte. */
import { hash } from 'node:crypto';
import type { Keys } from './endpoint.ts';

/** 32 characters, different for every name and seed. */
export function secretFor(seed: number, name: string): string {
  return hash('sha256', `${seed} ${name}`, 'base64url').slice(0, 32);
}

/** A Standard Webhooks secret, without its prefix. */
export function webhookKeyFor(seed: number): string {
  return hash('sha256', `${seed} webhook`, 'base64');
}

/** Only the wanted ones, and the token, which every receiver has. */
export function keysFor(seed: number, door: string, wanted: readonly (keyof Keys)[]): Keys {
  const made = (name: keyof Keys): string | null => (wanted.includes(name) ? secretFor(seed, `${door} ${name}`) : null);
  return {
    salt: made('salt'),
    previousSalt: made('previousSalt'),
    key: made('key'),
    username: made('username'),
    password: made('password'),
    token: secretFor(seed, `${door} token`),
  };
}

/** What must not come out, by the name under which it is told of. A user name is no secret. */
export function secretsOf(name: string, keys: Keys): [string, string][] {
  const { username, password, ...others } = keys;
  const named = Object.entries(others).flatMap(([key, value]): [string, string][] =>
    value === null ? [] : [[`${key} (${name})`, value]],
  );
  if (password === null) return named;
  const pair = Buffer.from(`${username}:${password}`).toString('base64');
  return [...named, [`password (${name})`, password], [`Basic credentials (${name})`, pair]];
}
