/**
 * What the receiver needs of node:http beside its types. An import statement of node:http would read every property of
 * the module, WebSocket too, for which Node loads a second undici: 30 ms of each start.
 */
export const { METHODS, STATUS_CODES } = process.getBuiltinModule('node:http');
