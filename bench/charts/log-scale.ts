/** Places values on a logarithmic axis, and chooses its ticks. Pure. */

export interface LogScale {
  /** Returns the place of a value; values outside of the axis are placed at its ends. */
  at(value: number): number;
  /** Of the axis, ascending. */
  readonly ticks: readonly number[];
}

export interface ScaleRange {
  readonly from: number;
  readonly to: number;
}

/** Multiples of a power of ten that have a tick. */
const STEPS = [1, 2, 5] as const;
/** More ticks would be too close: then only powers of ten have one. */
const MOST_TICKS = 14;

/** Maps `range` to `places`, the ends of the axis. */
export function createLogScale(range: ScaleRange, places: ScaleRange, ticks: readonly number[]): LogScale {
  const [low, high] = [Math.log(range.from), Math.log(range.to)];
  return {
    at(value) {
      const share = (Math.log(value) - low) / (high - low);
      return places.from + Math.min(1, Math.max(0, share)) * (places.to - places.from);
    },
    ticks,
  };
}

/** Returns ticks like 1, 2, 5, 10, … of which the first is at most the smallest value, and the last at least the largest. */
export function niceTicks(values: readonly number[]): number[] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const firstPower = Math.floor(Math.log10(least));
  const lastPower = Math.ceil(Math.log10(most));
  const powers = Array.from({ length: lastPower - firstPower + 1 }, (_, index) => firstPower + index);
  const all = powers.flatMap((power) => STEPS.map((step) => multiply(step, power)));
  const below = all.filter((tick) => tick <= least).length;
  const upTo = all.findIndex((tick) => tick >= most);
  const ticks = all.slice(Math.max(0, below - 1), Math.max(upTo, below) + 1);
  if (ticks.length <= MOST_TICKS) return ticks;
  return powers.map((power) => multiply(1, power));
}

/** Multiplies without the rounding errors of 5 × 0.01. */
function multiply(step: number, power: number): number {
  return Number(`${step}e${power}`);
}
