/**
 * The expression that decides whether a paymentId is ours. It is compiled here once to find its faults at start; the engine
 * matches in linear time, so that no paymentId a stranger invents can stall the process. Matching is left to the
 * ownership check, which must use the same engine and match the whole paymentId.
 */
import { RE2JS, RE2JSSyntaxException } from 're2js';
import { invalid, ok, type ParseResult, type SettingType } from './basic.ts';

/** Matching time grows with the pattern; 2000 hostile characters were measured at a quarter of a second. */
const MAX_PATTERN_LENGTH = 200;

/** A regular expression in RE2 syntax, kept as text. */
export function re2Pattern(): SettingType<string> {
  const expected = `a regular expression of at most ${MAX_PATTERN_LENGTH} characters, without look-around and back references`;
  return { expected, parse: parsePattern };
}

function parsePattern(text: string): ParseResult<string> {
  if (text.length > MAX_PATTERN_LENGTH) return invalid(`is longer than ${MAX_PATTERN_LENGTH} characters`);

  try {
    RE2JS.compile(text);
  } catch (error) {
    // Only the description: the message quotes the pattern.
    const reason = error instanceof RE2JSSyntaxException ? error.getDescription() : 'it cannot be compiled';
    return invalid(`is no usable regular expression: ${reason}`);
  }
  return ok(text);
}
