/** What the status API answers, as the page uses it. `test/page/api-types.ts` compares it with the API's own schemas. */

export type * from './event-types.js';
export type * from './list-types.js';
export type * from './status-types.js';
