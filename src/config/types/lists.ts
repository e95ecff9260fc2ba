/**
 * Settings with several values, separated by commas: addresses, delays, algorithms. White space around an entry and a
 * trailing comma are ignored; where order has no meaning, an entry given twice counts once. An error names an invalid
 * entry by its position, never by its text. One invalid entry rejects the whole list: half a list of allowed addresses
 * is worse than none.
 */
import { isIP, SocketAddress } from 'node:net';
import { RESURS_SOURCES } from '../../protocol/ecom/source-addresses.ts';
import { invalid, ok, type ParseResult, type Range, type SettingType } from './basic.ts';

const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Thirty days: a longer delay outlives every process and most orders. */
const MAX_DELAY_MS = 720 * 3_600_000;
const MAX_DELAYS = 100;

/** Several entries, in the order given. The empty text is the empty list; only a default can be empty. */
export function list<T>(expected: string, parseEntry: (entry: string) => ParseResult<T>): SettingType<readonly T[]> {
  const parse = (text: string): ParseResult<readonly T[]> => {
    const entries = text.split(',').map((entry) => entry.trim());
    const values: T[] = [];

    for (const [index, entry] of entries.entries()) {
      if (entry === '') continue;
      const result = parseEntry(entry);
      if (result.outcome === 'refused') return invalid(`entry ${index + 1} ${result.problem}`);
      values.push(result.value);
    }

    return values.length === 0 && text !== '' ? invalid('has no entries') : ok(values);
  };

  return { expected, parse };
}

/** A list in which an entry given twice counts once. */
export function unique<T>(kind: SettingType<readonly T[]>): SettingType<readonly T[]> {
  const parse = (text: string): ParseResult<readonly T[]> => {
    const result = kind.parse(text);
    return result.outcome === 'parsed' ? ok([...new Set(result.value)]) : result;
  };

  return { ...kind, parse };
}

/** Names and addresses that need no proxy. Other programs read the same variable, so no entry is rejected. */
export function hostPatterns(): SettingType<readonly string[]> {
  const parse = (text: string): ParseResult<readonly string[]> =>
    ok([...new Set(text.toLowerCase().split(/[,\s]+/))].filter((entry) => entry !== ''));
  return { expected: 'names, addresses and CIDR ranges, each with an optional port, separated by commas; or *', parse };
}

/**
 * IP addresses and CIDR ranges. No host names and no hop counts: their meaning can change without the operator's
 * knowledge.
 */
export function ipRanges(): SettingType<readonly string[]> {
  return unique(list('IP addresses and CIDR ranges, separated by commas', parseAddress));
}

/** Like `ipRanges`; the word `resurs` is expanded to the addresses from which Resurs calls. */
export function sourceRanges(): SettingType<readonly string[]> {
  const expected = 'IP addresses, CIDR ranges and the word resurs, separated by commas';
  const entries = list(expected, (entry): ParseResult<readonly string[]> => {
    if (entry.toLowerCase() === 'resurs') return ok(RESURS_SOURCES);
    const result = parseAddress(entry);
    return result.outcome === 'parsed' ? ok([result.value]) : result;
  });
  const parse = (text: string): ParseResult<readonly string[]> => {
    const result = entries.parse(text);
    return result.outcome === 'parsed' ? ok([...new Set(result.value.flat())]) : result;
  };

  return { expected, parse };
}

/** Delays such as `500ms,30s,2m,1h`, parsed to milliseconds. */
export function durations(): SettingType<readonly number[]> {
  const kind = list('delays such as 500ms, 30s, 2m or 1h (at most 720h), separated by commas', parseDelay);
  const parse = (text: string): ParseResult<readonly number[]> => {
    const result = kind.parse(text);
    if (result.outcome === 'parsed' && result.value.length > MAX_DELAYS)
      return invalid(`has more than ${MAX_DELAYS} delays`);
    return result;
  };

  return { ...kind, parse };
}

/** One delay, parsed to milliseconds; `expected` names the range. */
export function duration({ min, max }: Range, expected: string): SettingType<number> {
  const parse = (text: string): ParseResult<number> => {
    const result = parseDelay(text.trim());
    if (result.outcome === 'refused') return result;
    if (result.value < min || result.value > max) return invalid(`is not within ${expected}`);
    return result;
  };

  return { expected, parse };
}

/**
 * Parses an address or range. IPv4 written as IPv6 (`::ffff:10.0.0.1`) becomes IPv4, as it does when a callback
 * arrives.
 */
function parseAddress(entry: string): ParseResult<string> {
  const [address = '', prefix, ...rest] = entry.split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%') || rest.length > 0) return invalid('is not an IP address or CIDR range');

  const bits = family === 4 ? 32 : 128;
  if (prefix !== undefined && !(/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits)) {
    return invalid(`has a prefix length that is not 0 to ${bits}`);
  }
  if (family === 4) return ok(entry);

  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(new SocketAddress({ address, family: 'ipv6' }).address)?.[1];
  if (mapped === undefined) return ok(entry);
  if (prefix === undefined) return ok(mapped);
  return Number(prefix) < 96 ? invalid('is wider than all of IPv4') : ok(`${mapped}/${Number(prefix) - 96}`);
}

function parseDelay(entry: string): ParseResult<number> {
  const [, digits, unit = ''] = /^(\d{1,9})(ms|s|m|h)$/.exec(entry) ?? [];
  const unitMs = MS_PER_UNIT[unit];
  if (digits === undefined || unitMs === undefined) return invalid('is not a delay such as 500ms, 30s, 2m or 1h');

  const delayMs = Number(digits) * unitMs;
  if (delayMs === 0) return invalid('is a delay of zero');
  return delayMs > MAX_DELAY_MS ? invalid('is above 720h') : ok(delayMs);
}
