/** Handles a request of the Merchant API: injects a fault or responds, and records the call without its contents. */
import type { ServerResponse } from 'node:http';
import type { CompletedCall, InjectedFault, Quirks, ReceivedCall } from '../quirks.ts';
import { injectedResponse } from '../respond.ts';
import { type SentResponse, sendResponse } from '../send-response.ts';
import { type MapiHeld, type MapiRequest, mapiOperation, respondAsMapi, unauthorized } from './merchant-api.ts';
import { mapiError } from './responses.ts';

export interface MapiContext {
  readonly quirks: Quirks;
  readonly held: MapiHeld;
  readonly onCall: (call: CompletedCall) => void;
}

/** Handles it. A call is recorded before its response is sent. */
export async function handleMapi(context: MapiContext, request: MapiRequest, response: ServerResponse): Promise<void> {
  const { quirks, held, onCall } = context;
  const operation = mapiOperation(request);
  const call: ReceivedCall = { channel: 'MAPI', operation, type: null, number: held.count(`MAPI ${operation}`) };
  const fault = quirks.faultOf(call);
  const sent = await respond(context, request, fault);

  const status = typeof sent === 'string' ? null : sent.status;
  onCall({ ...call, status, note: noteOf(fault, status) });
  sendResponse(response, sent, { fault, slowMs: quirks.slowMs });
}

async function respond(
  { quirks, held }: MapiContext,
  request: MapiRequest,
  fault: InjectedFault,
): Promise<SentResponse> {
  const serverError = () => mapiError(500, 'INTERNAL_ERROR', 'An unexpected error occurred');
  const injected = injectedResponse(fault, serverError, quirks);
  if (injected !== null) return injected;
  if (fault === 'unauthorised') {
    held.tokens.end(request.authorization);
    return unauthorized();
  }
  try {
    const response = await respondAsMapi(held, request, { quirks, isIgnored: fault === 'ignored' });
    return fault === 'answer_lost' ? 'reset' : response;
  } catch (error) {
    if (held.stopped.aborted) return 'reset';
    throw error;
  }
}

function noteOf(fault: InjectedFault, status: number | null): string | null {
  if (fault !== 'none') return fault;
  return status === 401 ? 'wrong credentials' : null;
}
