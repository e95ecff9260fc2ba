/**
 * Shows how far the benchmark is. On a terminal one line is rewritten in place: the scenario, what it does now, and the
 * time so far. Elsewhere, for example in a log, there are only whole lines.
 */

/** What a scenario tells while it measures. */
export interface Progress {
  /** Tells a result of a part; a line of its own where there is no terminal. */
  report(line: string): void;
  /** Tells what is measured now; seen only on a terminal. */
  show(now: string): void;
}

export interface ProgressOptions {
  readonly isTerminal: boolean;
  /** Of the terminal, at the time of the call. */
  columns(): number;
  write(text: string): void;
  nowMs(): number;
  /** Calls `tick` every second until the returned function is called. */
  everySecond(tick: () => void): () => void;
}

export interface ScenarioProgress extends Progress {
  /** Ends the scenario; returns its duration in milliseconds. */
  end(): number;
}

export interface BenchProgress {
  begin(scenario: { name: string; summary: string; number: number; of: number }): ScenarioProgress;
  /** Prints a line that stays. */
  line(text: string): void;
}

/** Moves to the start of the line and erases it. */
const ERASE = '\r\u001b[2K';

export function createProgress(options: ProgressOptions): BenchProgress {
  const { isTerminal, write, nowMs } = options;
  const startedAtMs = nowMs();
  const line = (text: string) => write(`${isTerminal ? ERASE : ''}${text}\n`);
  return {
    line,
    begin({ name, summary, number, of }) {
      const beganAtMs = nowMs();
      let state = summary;
      const draw = () => {
        const elapsed = `${formatElapsed(nowMs() - beganAtMs)}, in all ${formatElapsed(nowMs() - startedAtMs)}`;
        write(ERASE + statusLine({ position: `${number}/${of} ${name}`, state, elapsed }, options.columns()));
      };
      const change = (now: string) => {
        state = now;
        if (isTerminal) draw();
      };
      if (!isTerminal) line(`${name}: ${summary} …`);
      const stopTicking = isTerminal ? options.everySecond(draw) : () => undefined;
      change(summary);
      return {
        show: change,
        report: (text) => (isTerminal ? change(text) : line(`  ${text}`)),
        end() {
          stopTicking();
          const tookMs = nowMs() - beganAtMs;
          if (isTerminal) line(`${number}/${of} ${name}: ${formatElapsed(tookMs)}`);
          return tookMs;
        },
      };
    },
  };
}

/** Formats `3/11 latency · round 2 of 3: 500/s · 0:41, in all 5:02`; the middle is cut where the terminal is too narrow. */
export function statusLine(
  { position, state, elapsed }: { position: string; state: string; elapsed: string },
  columns: number,
): string {
  // A line as wide as the terminal would wrap, and could not be erased.
  const room = columns - 1 - position.length - elapsed.length - 6;
  const shown = state.length <= room ? state : `${state.slice(0, Math.max(0, room - 1))}…`;
  return `${position} · ${shown} · ${elapsed}`.slice(0, Math.max(0, columns - 1));
}

/** Formats `0:07`, `12:40`, `61:00`: minutes and seconds. */
export function formatElapsed(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
