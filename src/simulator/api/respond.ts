/**
 * What a call gets: the quirks have their say first, as faults of a network come before anything that is asked, then
 * the credentials, then the form of the request, and only then the desk.
 */
import { type ApiProtocol, type ApiResponse, type Decoded, htmlPage } from './protocol.ts';
import type { Channel, InjectedFault, Quirks, ReceivedCall } from './quirks.ts';
import type { FakeRegistry, OperationResult, Triggered } from './registry.ts';
import { REST } from './rest.ts';
import { SOAP } from './soap.ts';
import type { XmlPrefixes } from './soap-responses.ts';

/** The two interfaces by name. */
export const PROTOCOLS: Readonly<Record<Channel, ApiProtocol>> = { REST, SOAP };

/** A request that was read. */
export interface DecodedRequest {
  readonly call: ReceivedCall;
  readonly understood: Decoded;
  /** True with the credentials of the account. */
  readonly isKnown: boolean;
}

/** What comes back. */
export interface ApiOutcome {
  /** `hang`: nothing, ever; `reset`: the end of the connection. */
  readonly reply: ApiResponse | 'hang' | 'reset';
  readonly note: string | null;
  readonly triggered: Triggered | null;
}

/** Asks the desk, unless something is in the way. */
export function respondTo(
  registry: FakeRegistry,
  { call, understood, isKnown }: DecodedRequest,
  { quirks, prefixes }: { quirks: Quirks; prefixes: XmlPrefixes },
): ApiOutcome {
  const dialect = PROTOCOLS[call.channel];
  const fault = quirks.faultOf(call);
  const broken = injectedResponse(fault, dialect, prefixes);
  if (broken !== null) return { reply: broken, note: fault, triggered: null };
  if (fault === 'unauthorised' || !isKnown) {
    return { reply: dialect.unauthorised(), note: 'wrong credentials', triggered: null };
  }
  if (understood.outcome === 'refused') return { ...understood, triggered: null };

  const { asked } = understood;
  const isIgnored = fault === 'ignored' && asked.operation !== 'read' && asked.operation !== 'list';
  const decision: OperationResult = isIgnored
    ? { outcome: 'done', note: fault }
    : registry.execute(call.channel, asked, quirks);
  return {
    reply: fault === 'answer_lost' ? 'reset' : dialect.answer(asked, decision, prefixes),
    note: fault === 'answer_lost' ? fault : noteOf(decision),
    triggered: decision.outcome === 'triggered' ? decision : null,
  };
}

/** What is sent, or not, when nothing of the request matters any more; null when it does. */
function injectedResponse(
  fault: InjectedFault,
  dialect: ApiProtocol,
  prefixes: XmlPrefixes,
): ApiOutcome['reply'] | null {
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

function noteOf(decision: OperationResult): string | null {
  if (decision.outcome === 'refused') return decision.error.message;
  return decision.outcome === 'done' ? decision.note : null;
}
