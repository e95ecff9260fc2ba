/**
 * One request on its way: passes all that undici reports on to the request's own handler, sends a request that may be
 * repeated once more when its connection was stale, and tells when the request has ended.
 */
import type { Dispatcher } from 'undici';
import { isStaleConnection } from './connection.ts';

type Handler = Dispatcher.DispatchHandler;

export interface Exchange {
  readonly options: Dispatcher.DispatchOptions;
  readonly handler: Handler;
  readonly pooled: Dispatcher;
  /** Keeps no connections, so that the second time cannot meet another stale one. */
  readonly fresh: Dispatcher;
  /** Returns the error as the handler gets it. */
  explain(error: Error): Error;
  /** Called once, when the last response has ended or failed. */
  onEnd(): void;
}

/** Sends the request. Throws what undici throws for a request that cannot be sent at all. */
export function dispatchExchange(exchange: Exchange): boolean {
  const { options, pooled } = exchange;
  const mayRepeat = options.idempotent ?? (options.method === 'GET' || options.method === 'HEAD');
  return send(exchange, pooled, mayRepeat);
}

function send(exchange: Exchange, dispatcher: Dispatcher, mayRepeat: boolean): boolean {
  const { options, handler, fresh } = exchange;
  let hasBegun = false;
  let hasEnded = false;
  function end(): void {
    if (!hasEnded) exchange.onEnd();
    hasEnded = true;
  }
  try {
    return dispatcher.dispatch(options, {
      onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
      onRequestUpgrade: (controller, status, headers, socket) =>
        handler.onRequestUpgrade?.(controller, status, headers, socket),
      onResponseStarted() {
        hasBegun = true;
        handler.onResponseStarted?.();
      },
      onResponseStart: (controller, status, headers, text) =>
        handler.onResponseStart?.(controller, status, headers, text),
      onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
      onResponseEnd(controller, trailers) {
        end();
        handler.onResponseEnd?.(controller, trailers);
      },
      onResponseError(controller, error) {
        if (mayRepeat && !hasBegun && isStaleConnection(error)) return repeat(exchange, fresh, controller);
        end();
        handler.onResponseError?.(controller, exchange.explain(error));
      },
    });
  } catch (error) {
    end();
    throw error;
  }
}

function repeat(exchange: Exchange, fresh: Dispatcher, controller: Dispatcher.DispatchController): void {
  try {
    send(exchange, fresh, false);
  } catch (error) {
    exchange.handler.onResponseError?.(controller, error instanceof Error ? error : new Error(String(error)));
  }
}
