/** Schemas and roles of a test's database, and URLs that lead to them. */
import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { urlOf } from './postgres.ts';
import { queryOnce } from './service.ts';

/** Returns `url` with a search path, as an operator writes it. */
export function withSearchPath(url: string, searchPath: string): string {
  const changed = new URL(url);
  changed.searchParams.set('options', `-c search_path=${searchPath}`);
  return changed.href.replaceAll('+', '%20');
}

export interface TestRole {
  readonly name: string;
  readonly url: string;
}

/** Creates a role that may connect to the database and has no other right. It is dropped after the database. */
export async function createRole(t: TestContext, url: string): Promise<TestRole> {
  const name = `role_${randomBytes(6).toString('hex')}`;
  await queryOnce(url, `create role ${name} login nosuperuser noinherit`);
  t.after(() => t.after(() => queryOnce(urlOf(url, 'postgres'), `drop role ${name}`)));
  const changed = new URL(url);
  changed.username = name;
  return { name, url: changed.href };
}
