/**
 * The token and the name of the reader: in memory, and in the session storage of this tab, so that a reload keeps them.
 * They are in no cookie, no address and no other tab.
 */

const TOKEN = 'status-token';
const OPERATOR = 'operator';

/**
 * @typedef {{ readonly token: string, readonly operator: string }} Credentials
 * @typedef {{ read(): Credentials | null, keep(credentials: Credentials): void, forget(): void, operator(): string }} Session
 */

/**
 * Creates the session of one tab. A storage that the browser forbids is done without.
 * @param {() => Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} storageOf
 * @returns {Session}
 */
export function createSession(storageOf) {
  /** @type {Credentials | null} */
  let kept = tryTo(() => {
    const token = storageOf().getItem(TOKEN);
    return token === null ? null : { token, operator: storageOf().getItem(OPERATOR) ?? '' };
  });
  return {
    read: () => kept,
    keep(credentials) {
      kept = credentials;
      tryTo(() => {
        storageOf().setItem(TOKEN, credentials.token);
        storageOf().setItem(OPERATOR, credentials.operator);
        return null;
      });
    },
    forget() {
      kept = null;
      tryTo(() => {
        storageOf().removeItem(TOKEN);
        return null;
      });
    },
    // The name is no secret: it stands in the form when the reader signs in again.
    operator: () => tryTo(() => storageOf().getItem(OPERATOR)) ?? '',
  };
}

/** @template T @param {() => T} action @returns {T | null} */
function tryTo(action) {
  try {
    return action();
  } catch {
    return null;
  }
}
