/** What `npm run bench -- --help` prints. */

/** Returns the usage; `scenarios` are their names. */
export function usageOf(scenarios: readonly string[]): string {
  return `Usage: npm run bench -- [scenario …] [options]

Measures this machine: receiver, Postgres, load and merchant all run on it. Without a scenario
everything is measured, which takes about 20 minutes.

Scenarios: ${scenarios.join(', ')}

  --rounds N        how many times compared things are measured in turn (3)
  --seconds N       how long one measurement under load takes (4)
  --minutes N       how long memory is watched under load (1)
  --old N           how many old events \`growth\` stores, at most (5000000)
  --rates N,N,…     callbacks a second of \`latency\`
  --json            one JSON document instead of tables
  --svg FILE        writes the picture of \`latency\`
  --markdown FILE   writes the last table
  --profile FOLDER  writes CPU profiles of the receivers
  --help            prints this

It uses an embedded Postgres of its own, and touches no other. docs/performance.md explains the figures.`;
}
