/**
 * A statement that brings its settings along, for connections that a pooler shares. Settings and statement are sent
 * without a Sync between them: Postgres runs them in one implicit transaction, so a pooler leaves them on one server,
 * and the settings end with the transaction. The statement has no name, so it never meets one of another client.
 */
import pg from 'pg';
import { SERVICE_SETTINGS, setConfigColumns } from './connection/session-settings.ts';

/**
 * The functions that store and settle rely on read committed. It cannot be changed any more here, so this fails where
 * another client of the pooler has left another default.
 */
const SET_ALL = `select set_config('transaction_isolation', 'read committed', true), ${setConfigColumns(SERVICE_SETTINGS, 'true')}`;

/** What `pg` calls on a query, beside what its types declare. */
interface ResponseHandlers {
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: pg.Connection): void;
}

/** Sends a statement with the settings of its transaction. */
export function scopedQuery(client: pg.ClientBase, text: string, values: unknown[]): Promise<pg.QueryResult> {
  return new Promise((resolve, reject) => {
    const config = { text, values, queryMode: 'extended' };
    const query = new pg.Query(config, (error, result) => {
      if (error === undefined || error === null) resolve(result as unknown as pg.QueryResult);
      else reject(error);
    });
    precede(query as pg.Query & ResponseHandlers);
    client.query(query);
  });
}

/** Lets the settings go before the query, and keeps their response away from it. */
function precede(query: pg.Query & ResponseHandlers): void {
  const { submit } = query;
  const { handleDataRow, handleCommandComplete } = query;
  let areSettingsDone = false;
  query.submit = (connection) => {
    const { stream } = connection;
    stream.cork();
    try {
      connection.parse({ name: '', text: SET_ALL, types: [] }, true);
      connection.bind({ portal: '', statement: '', values: [] }, true);
      connection.execute({ portal: '' }, true);
      return submit.call(query, connection);
    } finally {
      stream.uncork();
    }
  };
  query.handleDataRow = (message) => {
    if (areSettingsDone) handleDataRow.call(query, message);
  };
  query.handleCommandComplete = (message, connection) => {
    if (areSettingsDone) handleCommandComplete.call(query, message, connection);
    areSettingsDone = true;
  };
}
