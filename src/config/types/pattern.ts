/**
 * The regular expression that decides whether a paymentId is ours. It is compiled here once to find its errors at
 * start. The engine matches in linear time, so that a forged paymentId cannot stall the process. The ownership check
 * does the matching; it must use the same engine and match the whole paymentId.
 */
import { RE2JS, RE2JSSyntaxException } from 're2js';
import { invalid, ok, type ParseResult, type SettingType } from './basic.ts';

/** Matching time grows with the pattern: 2000 hostile characters took a quarter of a second. */
const MAX_PATTERN_LENGTH = 200;

/** A regular expression in RE2 syntax, kept as text. */
export function re2Pattern(): SettingType<string> {
  const expected = `a regular expression of at most ${MAX_PATTERN_LENGTH} characters, without lookaround and backreferences`;
  return { expected, parse: parsePattern };
}

function parsePattern(text: string): ParseResult<string> {
  if (text.length > MAX_PATTERN_LENGTH) return invalid(`is longer than ${MAX_PATTERN_LENGTH} characters`);

  try {
    RE2JS.compile(text);
  } catch (error) {
    // Only the description, because the message quotes the pattern.
    const reason = error instanceof RE2JSSyntaxException ? error.getDescription() : 'it cannot be compiled';
    return invalid(`is not a valid regular expression: ${reason}`);
  }
  return ok(text);
}
