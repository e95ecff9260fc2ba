/** What was reported of a payment, for the people who are asked about its order. Pure. */

/**
 * `kind`: whether the order may be shipped. `at`: when what the word says was reported.
 * @typedef {keyof import('../texts/en.js').Texts['payment']['standing']} StandingWord
 * @typedef {{ readonly word: StandingWord, readonly kind: 'hold' | 'go' | 'paid' | 'stop', readonly at: string | null, readonly isCertain: boolean }} Standing
 */

/** @typedef {Readonly<Record<string, string | null>>} Facts */

/**
 * Returns what the order's state means. The service has decided the state; the facts say why and since when.
 * @param {Pick<import('../api/types.js').Payment, 'order' | 'facts'>} payment @returns {Standing}
 */
export function standingOf({ order, facts }) {
  if (order === null) return { word: 'unknown', kind: 'hold', at: null, isCertain: false };
  const isCertain = order.certain;
  switch (order.state) {
    case 'on_hold':
      return { ...heldBy(facts), kind: 'hold', isCertain };
    case 'may_ship': {
      const at = latest(facts, ['unfrozen', 'thawed', 'authorized']);
      const isChanged = !isCertain && (facts.updated ?? null) !== null;
      if (isChanged) return { word: 'changed', kind: 'hold', at: facts.updated ?? null, isCertain };
      return { word: 'mayShip', kind: isCertain ? 'go' : 'hold', at, isCertain };
    }
    case 'paid': {
      const at = latest(facts, ['captured', 'finalized']);
      const refundedAt = facts.refunded ?? null;
      if (refundedAt !== null) return { word: 'partlyRefunded', kind: 'paid', at: refundedAt, isCertain };
      return { word: 'paid', kind: 'paid', at, isCertain };
    }
    case 'refunded':
      return { word: 'refunded', kind: 'stop', at: facts.refunded ?? null, isCertain };
    case 'cancelled': {
      const at = latest(facts, ['annulled', 'rejected']);
      return { word: at !== null && at === facts.rejected ? 'rejected' : 'cancelled', kind: 'stop', at, isCertain };
    }
  }
}

/** A freeze that was lifted later holds nothing. @param {Facts} facts @returns {Pick<Standing, 'word' | 'at'>} */
function heldBy(facts) {
  const frozenAt = facts.frozen ?? null;
  const liftedAt = latest(facts, ['unfrozen', 'thawed', 'authorized']);
  if (frozenAt !== null && (liftedAt === null || frozenAt >= liftedAt)) return { word: 'frozen', at: frozenAt };
  const others = Object.entries(facts).filter(([name, at]) => name !== 'booked' && at !== null);
  const bookedAt = facts.booked ?? null;
  return bookedAt !== null && others.length === 0 ? { word: 'booked', at: bookedAt } : { word: 'onHold', at: null };
}

/** @param {Facts} facts @param {readonly string[]} names */
function latest(facts, names) {
  const times = names.flatMap((name) => facts[name] ?? []);
  return times.sort().at(-1) ?? null;
}

/**
 * Returns the facts in the order in which they were reported.
 * `isFound`: reconciliation found it by asking Resurs, as far as the events are known.
 * @param {Facts} facts @param {readonly import('../api/types.js').Event[]} events
 */
export function marksOf(facts, events) {
  const found = new Set(events.flatMap((event) => (event.missed ?? []).map((fact) => `${fact} ${event.receivedAt}`)));
  return Object.entries(facts)
    .flatMap(([fact, at]) => (at === null ? [] : [{ fact, at, isFound: found.has(`${fact} ${at}`) }]))
    .sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
}
