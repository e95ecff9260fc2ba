/** The server asks for a password, and the URL has none. */
export class MissingPasswordError extends Error {
  constructor() {
    super('the server asks for a password, and the URL of the database has none');
    this.name = 'MissingPasswordError';
  }
}
