/** Parses JSON without turning its numbers into floats: an amount keeps every digit. */
import { type Decimal, parseDecimal } from './decimal.ts';

/** A number that was parsed; the text is as it was written. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** Null when it is longer than any amount. */
  get decimal(): Decimal | null {
    return parseDecimal(this.text);
  }
}

/** Parses the text; undefined if it is no JSON. Numbers become JsonNumber. Never throws. */
export function parseExactJson(text: string): unknown {
  try {
    return JSON.parse(text, (_key: string, value: unknown, context?: { readonly source?: string }) =>
      typeof value === 'number' ? new JsonNumber(context?.source ?? String(value)) : value,
    );
  } catch {
    return undefined;
  }
}
