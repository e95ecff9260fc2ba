/**
 * Who may use the status API. STATUS_TOKEN allows everything, STATUS_READ_TOKEN only to read. An address that sent ten
 * wrong tokens within a minute gets 429 for further wrong ones. A right token always passes: a stranger behind the same
 * proxy must not lock out the operator, and what makes a token hard to guess is its length.
 */
import type { FastifyRequest } from 'fastify';
import type { Config } from '../config/settings.ts';
import { createTokenCheck } from '../http/guards.ts';
import { sourceOf } from '../http/source-address.ts';
import { createBoundedMap } from '../lib/bounded-map.ts';
import type { Clock } from '../lib/clock.ts';
import { createQuota, type Quota } from '../lib/quota.ts';
import { settingAt } from '../protocol/ecom/salts.ts';

/** `slowed`: a wrong one, after too many. `forbidden`: the token may only read. */
export type Access =
  | { readonly outcome: 'allowed'; readonly access: 'write' | 'read' }
  | { readonly outcome: 'missing' | 'wrong' | 'forbidden' }
  | { readonly outcome: 'slowed'; readonly waitMs: number };

/** Why a request is refused; the values of a metric's label. */
export const ACCESS_REFUSALS = ['missing', 'wrong', 'slowed', 'forbidden'] as const;
export type AccessRefusal = (typeof ACCESS_REFUSALS)[number];

export interface AccessOptions {
  verifyToken(given: string): boolean;
  /** Null: there is no token that may only read. */
  readonly verifyReadToken: ((given: string) => boolean) | null;
  readonly clock: Pick<Clock, 'elapsed'>;
  /** Called for each request that is refused. */
  onRefused(reason: AccessRefusal): void;
}

export type AccessCheck = (request: Pick<FastifyRequest, 'headers' | 'method' | 'ip'>) => Access;

/** Creates the check for the configured tokens. `used` is called with the setting of a token that was given. */
export function accessCheckFrom(
  config: Config,
  { used, ...options }: Pick<AccessOptions, 'clock' | 'onRefused'> & { used(setting: string): void },
): AccessCheck {
  const tokens = [config.STATUS_TOKEN, config.STATUS_TOKEN_PREVIOUS].filter((token) => token !== null);
  const { STATUS_READ_TOKEN: readToken } = config;
  return createAccessCheck({
    ...options,
    verifyToken: createTokenCheck(tokens, (place) => used(settingAt('STATUS_TOKEN', place))),
    verifyReadToken: readToken === null ? null : createTokenCheck([readToken], () => used('STATUS_READ_TOKEN')),
  });
}

const MAX_WRONG = 10;
const WINDOW_MS = 60_000;
/** An address that is forgotten because of newer ones begins at zero. */
const MAX_ADDRESSES = 10_000;
const READING_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** Creates the check of one process. */
export function createAccessCheck({ onRefused, ...options }: AccessOptions): AccessCheck {
  const accessOf = createRules(options);
  return (request) => {
    const access = accessOf(request);
    if (access.outcome !== 'allowed') onRefused(access.outcome);
    return access;
  };
}

function createRules({ verifyToken, verifyReadToken, clock }: Omit<AccessOptions, 'onRefused'>): AccessCheck {
  const wrongTokens = createBoundedMap<string, Quota>(MAX_ADDRESSES);

  function countWrong(address: string): Access {
    const quota = wrongTokens.get(address) ?? createQuota(MAX_WRONG, WINDOW_MS, clock);
    wrongTokens.set(address, quota);
    const place = quota.take();
    return place.outcome === 'taken' ? { outcome: 'wrong' } : { outcome: 'slowed', waitMs: place.waitMs };
  }

  return (request) => {
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    // Both are asked every time, so that the duration reveals nothing.
    const isOperator = verifyToken(token);
    const isReader = verifyReadToken?.(token) === true;
    if (isOperator) return { outcome: 'allowed', access: 'write' };
    if (isReader) {
      return READING_METHODS.has(request.method) ? { outcome: 'allowed', access: 'read' } : { outcome: 'forbidden' };
    }
    return token === '' ? { outcome: 'missing' } : countWrong(sourceOf(request) ?? '');
  };
}
