/**
 * One error in the environment, for the operator: which setting, what is wrong with it, and how to fix it. The text
 * never contains a value, so setting errors may be printed and logged anywhere.
 */

/** One reason why the service does not start. `problem` completes "SETTING …"; `fix` is an instruction. */
export interface SettingError {
  readonly setting: string;
  readonly problem: string;
  readonly fix: string;
}

/** Formats the error as one line of text. */
export function formatSettingError({ setting, problem, fix }: SettingError): string {
  return `${setting} ${problem}. Fix: ${fix}.`;
}
