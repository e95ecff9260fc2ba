/**
 * Removes the variables by which Postgres' clients fill the gaps of a URL (PGOPTIONS, PGHOST, …). Tests and measuring
 * programs connect with `pg` and run Postgres' programs, and must do the same on every machine.
 */
export function dropPostgresVariables(env: NodeJS.ProcessEnv = process.env): void {
  for (const name of Object.keys(env)) if (/^PG[A-Z]/.test(name)) delete env[name];
}
