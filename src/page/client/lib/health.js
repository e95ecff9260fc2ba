/** Is everything well? What `GET /status` and `GET /alerts` say, as findings: the worst first. Pure. */

/**
 * @typedef {import('../api/types.js').Status} Status
 * @typedef {import('../api/types.js').Alert} Alert
 * @typedef {'good' | 'warning' | 'bad'} Kind
 *
 * @typedef {{ readonly count: number, readonly atLeast: boolean }} Amount
 * @typedef {{ readonly kind: Kind } & (
 *   | { readonly name: 'webhook_down', readonly forMs: number | null, readonly waiting: Amount, readonly nextInMs: number | null }
 *   | { readonly name: 'salt_changed' | 'salt_older', readonly types: readonly string[] }
 *   | { readonly name: 'dead_letters' | 'webhook_unset', readonly amount: Amount }
 *   | { readonly name: 'digest_refusals', readonly count: number }
 *   | { readonly name: 'alert', readonly message: string }
 *   | { readonly name: 'old_pending', readonly forMs: number, readonly waiting: Amount, readonly nextInMs: number | null }
 *   | { readonly name: 'reconciliation' | 'heartbeat', readonly failedInRow: number }
 *   | { readonly name: 'doctor', readonly atMs: number, readonly failed: number, readonly warned: number }
 *   | { readonly name: 'no_callback' }
 *   | { readonly name: 'all_well', readonly lastAtMs: number | null, readonly waiting: Amount, readonly nextInMs: number | null }
 * )} Finding
 */

/** An event that waits for so long is late, as the alert `delivery_delayed` has it. */
const OLD_SECONDS = 30 * 60;
/** So many failures in a row are no passing fault, as for the alerts. */
const FAILURES_IN_ROW = 3;

/** Alerts whose fact is a finding of its own; the others are findings with their message. */
const ALERTS_OF_FINDINGS = new Map([
  ['webhook_down', 'webhook_down'],
  ['dead_letters', 'dead_letters'],
  ['delivery_delayed', 'old_pending'],
  ['reconciliation_failed', 'reconciliation'],
  ['heartbeat_failed', 'heartbeat'],
  ['registration_drift', 'salt_changed'],
]);

const SEVERITY = { bad: 0, warning: 1, good: 2 };

/**
 * Returns what is not well, the worst first; if there is nothing, that all is well. Never empty.
 * @param {Status} status @param {readonly Alert[]} alerts @param {number} nowMs
 * @returns {readonly [Finding, ...Finding[]]}
 */
export function findingsOf(status, alerts, nowMs) {
  const found = [
    ...deliveryFindings(status, nowMs),
    ...secretFindings(status),
    ...jobFindings(status),
    ...(status.lastCallbackAt === null ? [/** @type {Finding} */ ({ name: 'no_callback', kind: 'warning' })] : []),
  ];
  const all = [...found, ...alertFindings(alerts, found)];
  const [first, ...others] = all.toSorted((one, other) => SEVERITY[one.kind] - SEVERITY[other.kind]);
  return first === undefined ? [allWell(status, nowMs)] : [first, ...others];
}

/** @param {Status} status @param {number} nowMs @returns {Finding[]} */
function deliveryFindings({ webhook, deliveries, nextRetryAt, oldestPendingAgeSeconds }, nowMs) {
  /** @type {Finding[]} */
  const findings = [];
  const waiting = amountOf(deliveries.pending + deliveries.delivering, deliveries);
  const nextInMs = leftUntil(nextRetryAt, nowMs);
  if (webhook.state === 'down') {
    const forMs = webhook.downSince === undefined ? null : nowMs - Date.parse(webhook.downSince);
    const probeInMs = leftUntil(webhook.nextProbeAt ?? null, nowMs);
    findings.push({ name: 'webhook_down', kind: 'bad', forMs, waiting, nextInMs: probeInMs });
  }
  if (deliveries.dead_letter > 0) {
    findings.push({ name: 'dead_letters', kind: 'bad', amount: amountOf(deliveries.dead_letter, deliveries) });
  }
  if (webhook.state === 'unset') {
    findings.push({ name: 'webhook_unset', kind: 'warning', amount: amountOf(deliveries.held, deliveries) });
  }
  const isOld = oldestPendingAgeSeconds !== null && oldestPendingAgeSeconds >= OLD_SECONDS;
  if (webhook.state === 'up' && isOld) {
    findings.push({ name: 'old_pending', kind: 'warning', forMs: oldestPendingAgeSeconds * 1_000, waiting, nextInMs });
  }
  return findings;
}

/** @param {Status} status @returns {Finding[]} */
function secretFindings({ registrations, digestRefusals }) {
  /** @type {Finding[]} */
  const findings = [];
  const typesOf = (/** @type {string} */ salt) =>
    registrations.filter((one) => one.salt === salt).map(({ type }) => type);
  const [changed, older] = [typesOf('changed'), typesOf('older')];
  if (changed.length > 0) findings.push({ name: 'salt_changed', kind: 'bad', types: changed });
  if (digestRefusals.lastHour > 0) {
    const tests = digestRefusals.byType.TEST ?? 0;
    const kind = digestRefusals.lastHour > tests ? 'bad' : 'warning';
    findings.push({ name: 'digest_refusals', kind, count: digestRefusals.lastHour });
  }
  if (older.length > 0) findings.push({ name: 'salt_older', kind: 'warning', types: older });
  return findings;
}

/** @param {Status} status @returns {Finding[]} */
function jobFindings({ reconciliation, heartbeat, doctor }) {
  /** @type {Finding[]} */
  const findings = [];
  if (reconciliation.failedInRow > 0) {
    const kind = reconciliation.failedInRow >= FAILURES_IN_ROW ? 'bad' : 'warning';
    findings.push({ name: 'reconciliation', kind, failedInRow: reconciliation.failedInRow });
  }
  if (heartbeat !== null && heartbeat.failedInRow > 0) {
    findings.push({ name: 'heartbeat', kind: 'warning', failedInRow: heartbeat.failedInRow });
  }
  // What doctor only warns of can be meant so.
  if (doctor !== null && doctor.failed > 0) {
    const { failed, warned } = doctor;
    findings.push({ name: 'doctor', kind: 'warning', atMs: Date.parse(doctor.at), failed, warned });
  }
  return findings;
}

/** @param {readonly Alert[]} alerts @param {readonly Finding[]} found @returns {Finding[]} */
function alertFindings(alerts, found) {
  const names = new Set(found.map(({ name }) => /** @type {string} */ (name)));
  return alerts
    .filter(({ name, state }) => state === 'firing' && !names.has(ALERTS_OF_FINDINGS.get(name) ?? ''))
    .map(({ severity, message }) => ({ name: 'alert', kind: severity === 'critical' ? 'bad' : 'warning', message }));
}

/** @param {Status} status @param {number} nowMs @returns {Finding} */
function allWell({ lastCallbackAt, deliveries, nextRetryAt }, nowMs) {
  const lastAtMs = lastCallbackAt === null ? null : Date.parse(lastCallbackAt);
  const waiting = amountOf(deliveries.pending + deliveries.delivering, deliveries);
  return { name: 'all_well', kind: 'good', lastAtMs, waiting, nextInMs: leftUntil(nextRetryAt, nowMs) };
}

/** Counts stop at 100 000. @param {number} count @param {import('../api/types.js').DeliveryCounts} counts @returns {Amount} */
export function amountOf(count, counts) {
  return { count, atLeast: counts.atLeast === true && count >= 100_000 };
}

/** @param {string | null} at @param {number} nowMs */
function leftUntil(at, nowMs) {
  return at === null ? null : Math.max(0, Date.parse(at) - nowMs);
}
