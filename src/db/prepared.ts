/**
 * Sends statements, for kysely and `run` alike. On a connection of its own every statement with values is prepared under
 * a name, so that Postgres plans it once per connection. On a connection that a pooler shares it has no name and brings
 * its settings along.
 */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { sqlStateOf } from '../lib/errors.ts';
import { UnconfirmedCommitError } from './errors.ts';
import { scopedQuery } from './scoped-query.ts';
import { sessionOf } from './session.ts';

/**
 * The name of a statement is a hash of its text: behind a pooler that was not recognised, a name never means another
 * statement. Texts are few, because values are never spliced into them.
 */
const names = new Map<string, string>();

function statementName(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = `r_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
  names.set(text, name);
  return name;
}

/** There is no statement of this name, or there is one already: the server is not the one that prepared it. */
const FOREIGN_STATEMENT = new Set(['26000', '42P05']);

/** Begins or ends a transaction: its settings come with its first statement, and a failed one takes none any more. */
const BOUNDARY = /^\s*(?:begin|start\s+transaction|commit|rollback|savepoint|release)\b/i;

/**
 * Sends a statement on a connection that was inspected. Rejects with UnconfirmedCommitError when its commit ended before
 * the standby had confirmed it.
 */
export async function sendStatement(client: pg.Client, text: string, values: unknown[]): Promise<pg.QueryResult> {
  const session = sessionOf(client);
  if (session === null) throw new TypeError('a connection is inspected before its first statement');
  session.isBusy = true;
  session.isUnconfirmed = false;
  const result = await send(client, text, values);
  if (session.isUnconfirmed) throw new UnconfirmedCommitError();
  return result;
}

async function send(client: pg.Client, text: string, values: unknown[]): Promise<pg.QueryResult> {
  const session = sessionOf(client);
  if (session?.isShared === true && !BOUNDARY.test(text)) return scopedQuery(client, text, values);
  if (values.length === 0) return client.query({ text });
  try {
    return await client.query({ name: statementName(text), text, values });
  } catch (error) {
    if (session === null || !FOREIGN_STATEMENT.has(sqlStateOf(error) ?? '')) throw error;
    // Nothing was executed. In a transaction it fails again, as every statement after an error does.
    session.isShared = true;
    session.isBusy = true;
    return scopedQuery(client, text, values);
  }
}
