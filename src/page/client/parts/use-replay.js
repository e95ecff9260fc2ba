/**
 * One replay, from its count to its start. The key is made once, so that a double click, or another try after silence,
 * starts it once.
 */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { usePage } from '../lib/page.js';
import { randomKey } from '../lib/random-key.js';
import { addressOf, goTo } from '../lib/router.js';
import { problemOf } from './notice.js';

/**
 * @typedef {'counting' | 'counted' | 'starting' | 'failed'} Phase
 * @typedef {object} ReplayState
 * @property {Phase} phase
 * @property {number} count
 * @property {boolean} atLeast
 * @property {'grew' | 'silent' | 'startedBefore' | null} note What the reader has to know before the next press.
 * @property {string} problem
 *
 * @typedef {ReplayState & { readonly countAgain: () => void, readonly start: () => void }} Replaying
 */

/** @type {ReplayState} */
const COUNTING = { phase: 'counting', count: 0, atLeast: false, note: null, problem: '' };

/** @param {import('../lib/event-filter.js').ReplayFilter} filter @returns {Replaying} */
export function useReplay(filter) {
  const { api, texts } = usePage();
  const [state, setState] = useState(COUNTING);
  const key = useMemo(() => randomKey(), []);
  const asked = useRef(filter);
  const isBusy = useRef(false);
  const ended = useMemo(() => new AbortController(), []);

  const count = async (/** @type {ReplayState['note']} */ note) => {
    setState({ ...COUNTING, note });
    const body = { ...asked.current, dryRun: true };
    /** @type {import('../api/requests.js').Answer<import('../api/types.js').ReplayCount>} */
    const answer = await api.post('replays', { body, signal: ended.signal });
    if (ended.signal.aborted) return;
    setState(countedBy(answer, note, texts));
  };

  const start = async () => {
    // The state is seen too late by a second click.
    if (isBusy.current) return;
    isBusy.current = true;
    setState((last) => ({ ...last, phase: 'starting', problem: '' }));
    const body = { ...asked.current, expected: state.count };
    /** @type {import('../api/requests.js').Answer<import('../api/types.js').ReplayCount>} */
    const answer = await api.post('replays', { body, idempotencyKey: key });
    isBusy.current = false;
    if (ended.signal.aborted) return;
    if (answer.outcome === 'answered') goTo(addressOf('replays', answer.body.id ?? null));
    else if (answer.outcome === 'refused' && answer.code === 'more_than_expected') await count('grew');
    else setState((last) => ({ ...last, phase: 'counted', ...refusal(answer, texts) }));
  };

  useEffect(() => {
    void count(null);
    return () => ended.abort();
  }, []);
  return { ...state, countAgain: () => void count(null), start: () => void start() };
}

/**
 * @param {import('../api/requests.js').Answer<import('../api/types.js').ReplayCount>} answer
 * @param {ReplayState['note']} note @param {import('../texts/en.js').Texts} texts @returns {ReplayState}
 */
function countedBy(answer, note, texts) {
  if (answer.outcome !== 'answered') return { ...COUNTING, phase: 'failed', problem: problemOf(answer, texts) ?? '' };
  const { count, atLeast = false } = answer.body;
  return { phase: 'counted', count, atLeast, note, problem: '' };
}

/**
 * Whether it has started is not known after silence, nor after an error of the service or of a proxy.
 * @param {import('../api/requests.js').Answer<unknown>} answer @param {import('../texts/en.js').Texts} texts
 * @returns {Pick<ReplayState, 'note' | 'problem'>}
 */
function refusal(answer, texts) {
  if (answer.outcome === 'unreachable' || answer.outcome === 'given_up') return { note: 'silent', problem: '' };
  if (answer.outcome === 'refused' && answer.code === 'key_reused') return { note: 'startedBefore', problem: '' };
  if (answer.outcome === 'refused' && answer.status >= 500) {
    return { note: 'silent', problem: problemOf(answer, texts) ?? '' };
  }
  return { note: null, problem: problemOf(answer, texts) ?? '' };
}
