/** A valid but unusual callback, and its URL in more notations than any client uses. */
import type { Random } from '../../../src/lib/clock.ts';
import type { Endpoint } from '../endpoint.ts';
import { CALLBACK_PATHS, choose, TYPES } from './generators.ts';
import { drawId, drawParameters, encode, type Parameter } from './unusual-text.ts';

/** The values of a callback before they are encoded. */
export interface UnusualCallback {
  readonly type: string;
  readonly paymentId: string;
  readonly result: string | null;
  readonly t: string | null;
  readonly parameters: readonly Parameter[];
}

/**
 * Draws a callback that can be signed: with a result where the digest covers one, and a `t` for which a salt can be
 * derived.
 */
export function randomUnusualCallback(random: Random, endpoint: Endpoint): UnusualCallback {
  const type = choose(random, TYPES);
  const hasResultInDigest = type === 'AUTOMATIC_FRAUD_CONTROL';
  const result = hasResultInDigest
    ? choose(random, ['FROZEN', 'THAWED'])
    : random() < 0.2
      ? choose(random, ['x', 'frozen', 'å', '\0x'])
      : null;
  // With a master key, a `t` in range requires the salt derived from it.
  const times = ['0', '1700000000', '000001700000', ...(endpoint.secrets.key === null ? ['999999999999'] : [])] as [
    string,
    ...string[],
  ];
  const parameters = drawParameters(random);
  return { type, paymentId: drawId(random), result, t: random() < 0.4 ? choose(random, times) : null, parameters };
}

/** Renders the target, with type and id in the query or in the path. */
export function renderTarget(
  random: Random,
  { callback, digest }: { callback: UnusualCallback; digest: string | null },
): string {
  const { type, paymentId, result, t } = callback;
  const rest = callback.parameters.map(([name, value]) => {
    const amp = random() < 0.1 ? 'amp;' : '';
    return `&${amp}${encode(random, name, 'query')}=${encode(random, value, 'query')}`;
  });
  const digestText = digest === null ? '' : random() < 0.5 ? digest : digest.toLowerCase();
  const time = t === null ? '' : `&t=${t}`;
  const resultText = result === null ? '' : encode(random, result, 'query');
  const path = choose(random, CALLBACK_PATHS);
  if (random() < 0.5) {
    const more = [time, result === null ? '' : `&r=${resultText}`, digest === null ? '' : `&d=${digestText}`, ...rest];
    return `${path}?c=${type}&p=${encode(random, paymentId, 'query')}${more.join('')}`;
  }
  const resultEnd = result === null ? '' : `/result/${encode(random, result, 'path')}`;
  const ends = digest === null ? resultEnd : `${resultEnd}/digest/${digestText}`;
  const id = encode(random, paymentId, 'path');
  // Plain slashes at its start belong to the id only where a digest proves it.
  const idText = digest === null ? id.replace(/^\/+/, (slashes) => '%2F'.repeat(slashes.length)) : id;
  return `${path}/${type}/paymentId/${idText}${ends}?z=1${time}${rest.join('')}`;
}
