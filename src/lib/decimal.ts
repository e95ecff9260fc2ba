/** Exact decimal numbers: amounts are added and compared without a float, so no digit is ever lost. */

/** `units` times ten to the power of −`scale`. */
export interface Decimal {
  readonly units: bigint;
  /** Digits behind the point. */
  readonly scale: number;
}

export const ZERO: Decimal = { units: 0n, scale: 0 };

/** Longer than any amount, and short enough to compute with. */
const MAX_LENGTH = 100;

/** A decimal of XML Schema or a number of JSON. */
const DECIMAL = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:[eE]([+-]?)0*(\d{1,2}))?$/;

/** Parses a number, with white space around it; null for any other text. */
export function parseDecimal(text: string): Decimal | null {
  const trimmed = text.trim();
  if (trimmed.length > MAX_LENGTH) return null;
  const match = DECIMAL.exec(trimmed);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponentSign = '', exponent = '0'] = match;
  const scale = fraction.length - Number(`${exponentSign}${exponent}`);
  const digits = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n);
  return scale >= 0 ? { units: digits, scale } : { units: digits * 10n ** BigInt(-scale), scale: 0 };
}

/** Adds exactly. */
export function add(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { units: unitsAt(a, scale) + unitsAt(b, scale), scale };
}

/** Returns `a` without `b`, exactly. */
export function subtract(a: Decimal, b: Decimal): Decimal {
  return add(a, { ...b, units: -b.units });
}

/** Adds all of them exactly; zero for none. */
export function sum(decimals: readonly Decimal[]): Decimal {
  return decimals.reduce(add, ZERO);
}

/** Whether it is more than zero. */
export function isPositive({ units }: Decimal): boolean {
  return units > 0n;
}

/** Formats every digit, and at least two behind the point; zeros at the end are dropped beyond these. */
export function formatDecimal({ units, scale }: Decimal): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${whole}.${fraction.padEnd(2, '0')}`;
}

function unitsAt({ units, scale }: Decimal, wanted: number): bigint {
  return units * 10n ** BigInt(wanted - scale);
}
