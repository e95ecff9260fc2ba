/**
 * What is wrong with the environment, in words for the operator: which setting, what about it, and what to do. The words never hold
 * a value, so faults may be printed and logged anywhere.
 */

/** One reason not to start. `problem` completes "SETTING …", `fix` is an instruction. */
export interface SettingError {
  readonly setting: string;
  readonly problem: string;
  readonly fix: string;
}

/** One line for a person. */
export function formatSettingError({ setting, problem, fix }: SettingError): string {
  return `${setting} ${problem}. Fix: ${fix}.`;
}
