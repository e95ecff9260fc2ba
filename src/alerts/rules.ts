/**
 * Applies the rules of the alerts: which of the ten are true because of what was observed, in words that a shop owner
 * understands. Pure. An alert about something that is not set up is never true.
 */
import { storable } from '../lib/storable.ts';
import { ALERT_NAMES, type AlertName } from './alert.ts';
import { CRITICAL_RULES } from './critical-rules.ts';
import type { Given, Rule } from './rule.ts';
import { WARNING_RULES } from './warning-rules.ts';

/** Whether an alert is true. The texts are of no use when it is not. */
export interface Verdict {
  readonly isTrue: boolean;
  /** What is so, in a sentence or two. */
  readonly message: string;
  /** What to do; its last sentence names the section of the runbook. */
  readonly fix: string;
}

const RULES: Readonly<Record<AlertName, Rule>> = { ...CRITICAL_RULES, ...WARNING_RULES };

/** Applies all rules. */
export function applyRules(given: Given): Readonly<Record<AlertName, Verdict>> {
  const verdicts = ALERT_NAMES.map((name) => [name, verdictOf(name, given)]);
  return Object.fromEntries(verdicts) as Record<AlertName, Verdict>;
}

function verdictOf(name: AlertName, given: Given): Verdict {
  const found = RULES[name](given);
  if (found === null) return { isTrue: false, message: '', fix: '' };
  // One text that cannot be stored would keep every alert of the look from being stored.
  const [message, fix] = found.map(storable) as [string, string];
  return { isTrue: true, message, fix: `${fix} More in docs/runbook.md, section ${name}.` };
}
