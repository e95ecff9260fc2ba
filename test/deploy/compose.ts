/**
 * docker-compose.yml as Docker Compose reads it: variables filled in, and what the receiver's container gets of them. Only as
 * much of Compose's language as the file uses; anything else makes a test fail.
 */
import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { type LoadResult, loadConfig } from '../../src/config/load.ts';
import { readText } from './files.ts';

/** A service, as far as tests look at it. */
export interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly args: Readonly<Record<string, string>> };
  readonly environment?: Readonly<Record<string, string | null>>;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks: Readonly<Record<string, { readonly ipv4_address: string }>> | readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly stop_grace_period?: string;
  readonly deploy?: { readonly resources: { readonly limits: Readonly<Record<string, string | number>> } };
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly secrets: Readonly<Record<string, { readonly environment: string }>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
}

/** Variables by name, as .env gives them. */
export type Variables = ReadonlyMap<string, string>;

/** The file as it stands, or with these variables filled in. */
export async function readCompose(variables?: Variables): Promise<Compose> {
  const text = await readText('docker-compose.yml');
  return parse(variables === undefined ? text : fillIn(text.replaceAll(/^\s*#.*$/gm, ''), variables));
}

/** The receiver's configuration, from its container's environment and the files that Compose puts into it. */
export async function loadReceiver(variables: Variables): Promise<LoadResult> {
  const { services, secrets, configs } = await readCompose(variables);
  const { environment = {}, secrets: wired = [] } = services.receiver ?? {};
  const files = new Map([['/run/secrets/DATABASE_URL', configs.database_url?.content]]);
  for (const name of wired) {
    const variable = secrets[name]?.environment ?? '';
    assert.ok(variables.has(variable), `Compose refuses to start: ${variable} is not in .env`);
    files.set(`/run/secrets/${name}`, variables.get(variable));
  }
  const env = Object.entries(environment).map(([name, value]) => [name, value ?? variables.get(name)]);
  return loadConfig(Object.fromEntries(env), (path) => files.get(path) ?? assert.fail(`no file ${path}`));
}

/** From the inside out, since a default may hold a variable. */
function fillIn(text: string, variables: Variables): string {
  const filled = text.replaceAll(
    /\$\{([A-Z_]+):([-+?])([^${}]*)\}/g,
    (_, name: string, sign: string, other: string) => {
      const value = variables.get(name) ?? '';
      if (sign === '+') return value === '' ? '' : other;
      assert.ok(value !== '' || sign === '-', `Compose refuses to start: ${name} is missing`);
      return value === '' ? other : value;
    },
  );
  return filled === text ? text : fillIn(filled, variables);
}
