/**
 * Settings that hold several values, separated by commas: addresses, waits, algorithms.
 * White space around an entry and a trailing comma do no harm, an entry given twice counts once where order has no meaning.
 * A faulty entry is named by its position, never by its text, and one faulty entry refuses the whole list: half a
 * list of allowed addresses is worse than none.
 */
import { isIP, SocketAddress } from 'node:net';
import { type Kind, type Parsed, parsed, refused } from './kinds.ts';

/** The addresses Resurs calls from: what the word `resurs` in ALLOWED_SOURCES stands for (its IP list of 2025). */
export const RESURS_SOURCES = [
  '192.121.110.0/24',
  '194.68.237.0/24',
  '91.198.202.0/24',
  '13.50.187.51',
  '51.21.32.255',
  '51.21.206.32',
  '51.21.39.192',
] as const;

const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Thirty days: a longer wait outlives every process and most orders. */
const MAX_WAIT_MS = 720 * 3_600_000;
const MAX_WAITS = 100;

/** Several entries, in the order given. The empty text is the empty list; only a default can be one. */
export function list<T>(expected: string, parseEntry: (entry: string) => Parsed<T>): Kind<readonly T[]> {
  const parse = (text: string): Parsed<readonly T[]> => {
    const entries = text.split(',').map((entry) => entry.trim());
    const values: T[] = [];

    for (const [index, entry] of entries.entries()) {
      if (entry === '') continue;
      const result = parseEntry(entry);
      if (result.outcome === 'refused') return refused(`entry ${index + 1} ${result.problem}`);
      values.push(result.value);
    }

    return values.length === 0 && text !== '' ? refused('holds no entry') : parsed(values);
  };

  return { expected, parse };
}

/** A list in which an entry given twice counts once. */
export function distinct<T>(kind: Kind<readonly T[]>): Kind<readonly T[]> {
  const parse = (text: string): Parsed<readonly T[]> => {
    const result = kind.parse(text);
    return result.outcome === 'parsed' ? parsed([...new Set(result.value)]) : result;
  };

  return { ...kind, parse };
}

/** IP addresses and CIDR ranges. No host names and no hop counts: both change meaning behind the operator's back. */
export function addresses(): Kind<readonly string[]> {
  return distinct(list('IP addresses and CIDR ranges, separated by commas', parseAddress));
}

/** Like `addresses`; the word `resurs` stands for the addresses Resurs calls from and comes out expanded. */
export function sources(): Kind<readonly string[]> {
  const expected = 'IP addresses, CIDR ranges and the word resurs, separated by commas';
  const entries = list(expected, (entry): Parsed<readonly string[]> => {
    if (entry.toLowerCase() === 'resurs') return parsed(RESURS_SOURCES);
    const result = parseAddress(entry);
    return result.outcome === 'parsed' ? parsed([result.value]) : result;
  });
  const parse = (text: string): Parsed<readonly string[]> => {
    const result = entries.parse(text);
    return result.outcome === 'parsed' ? parsed([...new Set(result.value.flat())]) : result;
  };

  return { expected, parse };
}

/** Waits such as `500ms,30s,2m,1h`, in milliseconds. */
export function waits(): Kind<readonly number[]> {
  const kind = list('waits such as 500ms, 30s, 2m or 1h (at most 720h), separated by commas', parseWait);
  const parse = (text: string): Parsed<readonly number[]> => {
    const result = kind.parse(text);
    if (result.outcome === 'parsed' && result.value.length > MAX_WAITS)
      return refused(`has more than ${MAX_WAITS} waits`);
    return result;
  };

  return { ...kind, parse };
}

/** IPv4 written as IPv6 (`::ffff:10.0.0.1`) comes out as IPv4, as it counts when a callback arrives. */
function parseAddress(entry: string): Parsed<string> {
  const [address = '', prefix, ...rest] = entry.split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%') || rest.length > 0) return refused('is no IP address or CIDR range');

  const bits = family === 4 ? 32 : 128;
  if (prefix !== undefined && !(/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits)) {
    return refused(`has a prefix that is not 0 to ${bits}`);
  }
  if (family === 4) return parsed(entry);

  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(new SocketAddress({ address, family: 'ipv6' }).address)?.[1];
  if (mapped === undefined) return parsed(entry);
  if (prefix === undefined) return parsed(mapped);
  return Number(prefix) < 96 ? refused('is wider than all of IPv4') : parsed(`${mapped}/${Number(prefix) - 96}`);
}

function parseWait(entry: string): Parsed<number> {
  const [, digits, unit = ''] = /^(\d{1,9})(ms|s|m|h)$/.exec(entry) ?? [];
  const unitMs = MS_PER_UNIT[unit];
  if (digits === undefined || unitMs === undefined) return refused('is no wait such as 500ms, 30s, 2m or 1h');

  const waitMs = Number(digits) * unitMs;
  if (waitMs === 0) return refused('is no wait at all');
  return waitMs > MAX_WAIT_MS ? refused('is above 720h') : parsed(waitMs);
}
