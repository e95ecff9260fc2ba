/** Refused callbacks by their reason, the most frequent first. Pure. */

/** @typedef {import('../api/types.js').Refusal} Refusal */

/** From the first try to the last one, as Resurs has published it: 36 h 12 min 15 s. */
const SCHEDULE_MS = 130_335_000;

const MAPI_KINDS = ['AUTHORIZATION', 'MANAGEMENT', 'CREDIT_APPLICATION'];

/**
 * @typedef {object} RefusalGroup
 * @property {string} reason
 * @property {number} count
 * @property {string} firstAt
 * @property {string} lastAt
 * @property {string | null} mendBefore When Resurs gives up on the first of them; null: of the Merchant API, it is not known.
 */

/** @param {readonly Refusal[]} refusals @returns {RefusalGroup[]} */
export function groupsOf(refusals) {
  const groups = [...Map.groupBy(refusals, ({ reason }) => reason)].map(([reason, rows]) => {
    const times = rows.map(({ at }) => at).toSorted();
    const ecom = rows.filter(({ callback }) => callback === null || !MAPI_KINDS.includes(callback));
    const first = ecom.map(({ at }) => at).toSorted()[0];
    const mendBefore = first === undefined ? null : new Date(Date.parse(first) + SCHEDULE_MS).toISOString();
    return { reason, count: rows.length, firstAt: times[0] ?? '', lastAt: times.at(-1) ?? '', mendBefore };
  });
  return groups.toSorted((one, other) => other.count - one.count || one.reason.localeCompare(other.reason));
}
