/**
 * A merchant whose behaviour the faults set: every response of the acknowledgement table, no response, resets, slow
 * bodies. It records each complete request in order of arrival, with its response.
 *
 * Signatures are recomputed, not verified with the package's tolerance of five minutes, since the receivers' clocks
 * step.
 */
import { hash } from 'node:crypto';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { resetSocket } from '../../src/lib/reset-socket.ts';
import { createWebhookServer } from '../../test/harness/webhook-server.ts';
import type { Cleanup } from '../lib/cleanup.ts';
import { createResendDetector, type ReceivedRequest } from '../received-request.ts';
import { type MerchantListener, startMerchantListener } from './merchant-listener.ts';

/** A status, or a misbehaviour. `trickle` is a 500 whose body is sent so slowly that every receiver times out. */
export type Behaviour = number | 'hang' | 'no_response_head' | 'reset' | 'trickle';
/** A received request with the behaviour that it met. */
export type FaultyMerchantRequest = Omit<ReceivedRequest, 'responseOutcome'> & { responseOutcome: Behaviour };

/** Calls `onWritten` once the response was written. */
export type Respond = (behaviour: Behaviour, onWritten?: () => void) => void;

/** Handles one request; returns false to leave it to the next rule, or to the current behaviour. */
export type BehaviourRule = (received: FaultyMerchantRequest, respond: Respond) => boolean;

export interface FaultyMerchant {
  readonly url: string;
  readonly listener: MerchantListener;
  readonly received: readonly FaultyMerchantRequest[];
  /** Sets the behaviour for each request from now on. */
  setBehaviour(behaviour: () => Behaviour): void;
  /** Adds a rule that precedes the behaviour, until the returned function is called. */
  intercept(rule: BehaviourRule): () => void;
}

/** How long the merchant takes to process a request. */
const WORK_MS = 5;
const TRICKLE_EVERY_MS = 200;

/** Starts the merchant on a free port and registers its clean-up. */
export async function startFaultyMerchant(secret: string, cleanup: Cleanup): Promise<FaultyMerchant> {
  const received: FaultyMerchantRequest[] = [];
  const rules = new Set<BehaviourRule>();
  const webhook = new Webhook(secret);
  const isResend = createResendDetector();
  let behaviour: () => Behaviour = () => 204;
  const server = createWebhookServer((request, body, response) => {
    const recorded = { ...readRequest(webhook, request.headers, body), isResend: isResend(request) };
    received.push(recorded);
    const respond: Respond = (chosen, onWritten) => {
      recorded.responseOutcome = chosen;
      behave(chosen, response, onWritten);
    };
    if ([...rules].some((rule) => rule(recorded, respond))) return;
    const chosen = behaviour();
    recorded.responseOutcome = chosen;
    setTimeout(() => respond(chosen), WORK_MS);
  });
  const listener = await startMerchantListener(server, cleanup);
  return {
    url: `http://127.0.0.1:${listener.port}/events`,
    listener,
    received,
    setBehaviour: (next) => {
      behaviour = next;
    },
    intercept(rule) {
      rules.add(rule);
      return () => void rules.delete(rule);
    },
  };
}

function behave(behaviour: Behaviour, response: ServerResponse, onWritten: () => void = () => undefined): void {
  if (typeof behaviour === 'string') misbehave(behaviour, response);
  else writeResponse(behaviour, response, onWritten);
}

function misbehave(behaviour: Exclude<Behaviour, number>, response: ServerResponse): void {
  if (behaviour === 'reset') resetSocket(response.socket);
  // Sends a status line, and then nothing.
  if (behaviour === 'no_response_head') response.socket?.write('HTTP/1.1 204 No Content\r\nx-slow: ');
  if (behaviour === 'trickle') trickle(response);
}

function writeResponse(status: number, response: ServerResponse, onWritten: () => void): void {
  const asksToWait = status === 429 || status === 503;
  const isRedirect = status >= 300 && status < 400;
  const headers = { ...(asksToWait && { 'retry-after': '1' }), ...(isRedirect && { location: '/elsewhere' }) };
  response.writeHead(status, headers).end(onWritten);
}

function trickle(response: ServerResponse): void {
  response.writeHead(500);
  const timer = setInterval(() => response.write('.'), TRICKLE_EVERY_MS);
  response.on('close', () => clearInterval(timer));
}

interface EventData {
  readonly sequence: number;
  readonly paymentId: string;
  readonly body: unknown;
}

function readRequest(
  webhook: Webhook,
  headers: IncomingHttpHeaders,
  body: Buffer,
): Omit<FaultyMerchantRequest, 'isResend'> {
  const header = (name: string): string => String(headers[name] ?? '');
  const text = body.toString('utf8');
  const { sequence, paymentId, body: eventBody } = parseEventData(text);
  const sentAt = new Date(Number(header('webhook-timestamp')) * 1000);
  const signature = webhook.sign(header('webhook-id'), sentAt, text);
  return {
    webhookId: header('webhook-id'),
    attempt: Number(header('webhook-attempt')),
    sequence,
    paymentId,
    content: JSON.stringify(eventBody),
    replica: header('authorization').replace('Bearer ', ''),
    fingerprint: hash('sha256', body),
    isVerified: header('webhook-signature').split(' ').includes(signature),
    responseOutcome: 'hang',
  };
}

/** A body that is no event is recorded too, with empty fields, so that a verdict reports it. */
function parseEventData(text: string): EventData {
  try {
    return (JSON.parse(text) as { readonly data: EventData }).data;
  } catch {
    return { sequence: 0, paymentId: '', body: null };
  }
}
