/**
 * Servers that were reached, and whose connection is not used: it takes no commit, or does not hold what was asked of
 * it. The message is for the operator.
 */
export class UnsuitableServerError extends Error {
  /** What is not as asked, with the servers' names. */
  readonly problem: string;
  readonly fix: string;
  /** True when it can be read, but takes no commit. */
  readonly isReadOnly: boolean;

  constructor(problem: string, options: { readonly fix: string; readonly isReadOnly?: boolean }) {
    super(`${problem}. ${options.fix}`);
    this.name = 'UnsuitableServerError';
    this.problem = problem;
    this.fix = options.fix;
    this.isReadOnly = options.isReadOnly === true;
  }
}
