/** Derives the secrets of a run from its seed, so that a run can be repeated to the byte. */
import { hash } from 'node:crypto';
import type { TargetSecrets } from './endpoint.ts';

/** Derives a secret of 32 characters, different for every name and seed. */
export function secretFor(seed: number, name: string): string {
  return hash('sha256', `${seed} ${name}`, 'base64url').slice(0, 32);
}

/** Derives a Standard Webhooks secret, without its prefix. */
export function webhookKeyFor(seed: number): string {
  return hash('sha256', `${seed} webhook`, 'base64');
}

/** Derives the requested secrets of a receiver, and the token, which every receiver has. */
export function targetSecrets(
  seed: number,
  endpoint: string,
  requested: readonly (keyof TargetSecrets)[],
): TargetSecrets {
  const derive = (name: keyof TargetSecrets): string | null =>
    requested.includes(name) ? secretFor(seed, `${endpoint} ${name}`) : null;
  return {
    salt: derive('salt'),
    previousSalt: derive('previousSalt'),
    key: derive('key'),
    username: derive('username'),
    password: derive('password'),
    token: secretFor(seed, `${endpoint} token`),
    callbackToken: derive('callbackToken'),
    previousCallbackToken: derive('previousCallbackToken'),
  };
}

/** Names everything that must not leak, for the report. A user name is no secret. */
export function namedSecrets(name: string, secrets: TargetSecrets): [string, string][] {
  const { username, password, ...others } = secrets;
  const named = Object.entries(others).flatMap(([key, value]): [string, string][] =>
    value === null ? [] : [[`${key} (${name})`, value]],
  );
  if (password === null) return named;
  const pair = Buffer.from(`${username}:${password}`).toString('base64');
  return [...named, [`password (${name})`, password], [`Basic credentials (${name})`, pair]];
}
