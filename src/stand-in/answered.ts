/**
 * What a call gets: the quirks have their say first, as faults of a network come before anything that is asked, then
 * the credentials, then the form of the request, and only then the desk.
 */
import type { Decision, Desk, Triggered } from './desk.ts';
import { type Dialect, htmlPage, type Reply, type Understood } from './dialect.ts';
import type { AskedCall, Channel, Fault, Quirks } from './quirks.ts';
import { REST } from './rest-dialect.ts';
import type { Prefixes } from './soap-answer.ts';
import { SOAP } from './soap-dialect.ts';

/** The two interfaces by name. */
export const DIALECTS: Readonly<Record<Channel, Dialect>> = { REST, SOAP };

/** A request that was read. */
export interface Incoming {
  readonly call: AskedCall;
  readonly understood: Understood;
  /** True with the credentials of the account. */
  readonly isKnown: boolean;
}

/** What comes back. */
export interface Answered {
  /** `hang`: nothing, ever; `reset`: the end of the connection. */
  readonly reply: Reply | 'hang' | 'reset';
  readonly note: string | null;
  readonly triggered: Triggered | null;
}

/** Asks the desk, unless something is in the way. */
export function answerTo(
  desk: Desk,
  { call, understood, isKnown }: Incoming,
  { quirks, prefixes }: { quirks: Quirks; prefixes: Prefixes },
): Answered {
  const dialect = DIALECTS[call.channel];
  const fault = quirks.faultOf(call);
  const broken = breakdown(fault, dialect, prefixes);
  if (broken !== null) return { reply: broken, note: fault, triggered: null };
  if (fault === 'unauthorised' || !isKnown) {
    return { reply: dialect.unauthorised(), note: 'wrong credentials', triggered: null };
  }
  if (understood.outcome === 'refused') return { ...understood, triggered: null };

  const { asked } = understood;
  const isIgnored = fault === 'ignored' && asked.operation !== 'read' && asked.operation !== 'list';
  const decision: Decision = isIgnored ? { outcome: 'done', note: fault } : desk.decide(call.channel, asked, quirks);
  return {
    reply: fault === 'answer_lost' ? 'reset' : dialect.answer(asked, decision, prefixes),
    note: fault === 'answer_lost' ? fault : noteOf(decision),
    triggered: decision.outcome === 'triggered' ? decision : null,
  };
}

/** What is sent, or not, when nothing of the request matters any more; null when it does. */
function breakdown(fault: Fault, dialect: Dialect, prefixes: Prefixes): Answered['reply'] | null {
  switch (fault) {
    case 'hang':
    case 'reset':
      return fault;
    case 'html':
      return htmlPage(503, 'Service Unavailable');
    case 'login_page':
      return htmlPage(200, 'Log in');
    case 'server_error':
      return dialect.serverError(prefixes);
    case 'none':
    case 'unauthorised':
    case 'answer_lost':
    case 'ignored':
      return null;
  }
}

function noteOf(decision: Decision): string | null {
  if (decision.outcome === 'refused') return decision.error.message;
  return decision.outcome === 'done' ? decision.note : null;
}
