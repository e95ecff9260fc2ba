/**
 * Classifies a registered URL that leads to another of CALLBACK_PATHS than the first: a shop plugin has registered it, and
 * this service answers its callbacks. The URL is filled with sample values and read by the receiver's own parser, so
 * that what is called taken over here is a callback there. Only the salt itself cannot be judged: Resurs returns URLs.
 */
import type { Config } from '../config/settings.ts';
import { splitTarget } from '../lib/request-target.ts';
import type { Callback } from '../protocol/ecom/callback.ts';
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import {
  checkRegistrationTime,
  createDigestPolicy,
  type DigestPolicy,
  fixedSaltSetting,
  fixedSaltsFor,
  isDigestRequired,
} from '../protocol/ecom/salts.ts';
import { parseCallback } from '../protocol/ecom/url/parse.ts';
import { type CallbackTarget, matchCallbackPath } from '../protocol/url/callback-path.ts';

/**
 * `elsewhere`: on another host, or on no callback path. `own`: on the first callback path, which `register` uses.
 * `refused`: the service would refuse the callbacks; `problem` completes "TYPE …", and `fix` is an instruction.
 */
export type TakeOver =
  | { readonly outcome: 'elsewhere' }
  | { readonly outcome: 'own' }
  | { readonly outcome: 'taken_over'; readonly path: string }
  | Refused;

interface Refused {
  readonly outcome: 'refused';
  readonly problem: string;
  readonly fix?: string;
}

/** Classifies the URL that Resurs has for a type. `nowMs` is unix time. Throws without PUBLIC_URL. */
export function classifyTakeOver(
  type: CallbackType,
  uriTemplate: string,
  { config, nowMs }: { readonly config: Config; readonly nowMs: number },
): TakeOver {
  const target = findTarget(fillWithSamples(uriTemplate), config);
  if (target === null) return ELSEWHERE;
  if (target.basePath === config.CALLBACK_PATHS[0]) return { outcome: 'own' };

  const parsed = parseCallback(target);
  if (parsed.outcome === 'unknown_path') return ELSEWHERE;
  const path = target.basePath;
  if (parsed.outcome === 'malformed') {
    return refused(`leads to ${path} of CALLBACK_PATHS, but its callbacks are malformed (400): ${parsed.reason}`);
  }
  const policy = createDigestPolicy(config);
  return findRefusal(type, parsed.callback, { path, policy, nowMs }) ?? { outcome: 'taken_over', path };
}

const ELSEWHERE: TakeOver = { outcome: 'elsewhere' };

const SAMPLE_ID = 'sample-payment-id';
const SAMPLE_DIGEST = '0'.repeat(40);
const SAMPLES: ReadonlyMap<string, string> = new Map([
  ['paymentid', SAMPLE_ID],
  ['result', 'frozen'],
  ['digest', SAMPLE_DIGEST],
]);

/** Fills a template as Resurs keeps it: braces may be escaped, and names may be in another case. */
function fillWithSamples(uriTemplate: string): string {
  return uriTemplate.replace(/(?:\{|%7b)(\w+)(?:\}|%7d)/gi, (_, name: string) => {
    return SAMPLES.get(name.toLowerCase()) ?? 'sample';
  });
}

/** Returns the target of a URL of this host on a callback path, the first one before all others; else null. */
function findTarget(url: string, { PUBLIC_URL, CALLBACK_PATHS }: Config): CallbackTarget | null {
  if (PUBLIC_URL === null) throw new TypeError('a registration needs PUBLIC_URL');
  const own = new URL(PUBLIC_URL);
  if (URL.parse(url)?.origin !== own.origin) return null;

  // What stands before the callback path in PUBLIC_URL may be taken off by the proxy.
  const prefix = own.pathname.replace(/\/+$/, '');
  const { path, query } = splitTarget(url);
  const isBelow = prefix !== '' && (path === prefix || path.startsWith(`${prefix}/`));
  const paths = isBelow ? [path.slice(prefix.length), path] : [path];
  const matches = paths.flatMap((each) => matchAsKept(`${each}?${query}`, CALLBACK_PATHS) ?? []);
  return matches.find(({ basePath }) => basePath === CALLBACK_PATHS[0]) ?? matches[0] ?? null;
}

/** Resurs may return a URL in lower case; then the path is compared so. */
function matchAsKept(target: string, paths: readonly string[]): CallbackTarget | null {
  const match = matchCallbackPath(target, paths);
  if (match !== null || target !== target.toLowerCase()) return match;
  const byLowerCase = new Map(paths.map((path) => [path.toLowerCase(), path]));
  const found = matchCallbackPath(target, [...byLowerCase.keys()]);
  return found === null ? null : { ...found, basePath: byLowerCase.get(found.basePath) ?? found.basePath };
}

interface Judgement {
  readonly path: string;
  readonly policy: DigestPolicy;
  readonly nowMs: number;
}

/** Returns why the receiver would refuse a callback of this URL; null when it would not. */
function findRefusal(type: CallbackType, callback: Callback, { path, policy, nowMs }: Judgement): Refused | null {
  if (callback.type !== type) return refused(`leads to ${path} of CALLBACK_PATHS as ${callback.type}`);
  if (type !== 'TEST' && callback.paymentId !== SAMPLE_ID) return refused('lacks {paymentId}');
  if (!isDigestRequired(policy)) return null;
  if (callback.digest === null && type === 'TEST') return null;
  if (callback.digest !== SAMPLE_DIGEST)
    return refused('carries no digest, and the service refuses its callbacks (406)');
  if (fixedSaltsFor(type, policy).length > 0) return null;

  const time = callback.registrationTime;
  const isDerivable = time !== null && checkRegistrationTime(Number(time), policy, nowMs) === 'valid';
  if (policy.keys.length > 0 && isDerivable) return refused(`leads to ${path} and not to the first of CALLBACK_PATHS`);
  const setting = fixedSaltSetting(type, policy);
  return {
    ...refused(`leads to ${path} of CALLBACK_PATHS, but ${setting} is not set, so its callbacks are refused (406)`),
    fix: `Is it a plugin's URL? Then set ${setting} to the salt of the plugin.`,
  };
}

function refused(problem: string): Refused {
  return { outcome: 'refused', problem };
}
