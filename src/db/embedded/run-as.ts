/**
 * Chooses the user account that Postgres runs as, because Postgres refuses to run as root.
 *
 * An ordinary user runs it as itself. For root the first option is a user namespace, in which root's own files belong
 * to an ordinary user. Where namespaces are forbidden (most containers), it runs as `nobody`, with the one capability
 * that lets it pass through folders that only root may enter. A folder that belongs to another user keeps its owner.
 * Each option is tested before use: whether it works depends on the host.
 */
import { readFile } from 'node:fs/promises';
import { EmbeddedError } from './error.ts';
import { runToEnd } from './processes.ts';

export interface RunAs {
  /** Owner that Postgres' files must have, as seen from this process. */
  readonly uid: number;
  readonly gid: number;
  /** Command-line words before the path of the binary. */
  readonly prefix: readonly string[];
}

export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/** Paths that the account must have access to. */
export interface RequiredPaths {
  /** The Postgres binary. */
  readonly postgres: string;
  readonly dataDir: string;
  /** Owner of the cluster in it; null if there is none yet. */
  readonly owner: FileOwner | null;
}

export interface RunAsChoice {
  readonly runAs: RunAs;
  /** The major version of the binaries. */
  readonly majorVersion: string;
}

/**
 * Shuts Postgres down (fast shutdown) when the service dies without stopping it, even by kill -9. It must be the last
 * step before Postgres, because a change of credentials clears it (prctl(2)).
 */
const DIE_WITH_PARENT = ['setpriv', '--pdeathsig', 'INT'];

/** Returns the first option that works. Throws `unavailable` if none does. */
export async function chooseRunAs(paths: RequiredPaths): Promise<RunAsChoice> {
  const failures: string[] = [];
  for (const runAs of await candidates(paths.owner)) {
    const { exitCode, output } = await runToEnd([
      ...runAs.prefix,
      ...['sh', '-c', 'test -x "$1" && exec "$0" -V', paths.postgres, paths.dataDir],
    ]);
    const majorVersion = /\(PostgreSQL\) (\d+)/.exec(output)?.[1];
    if (exitCode === 0 && majorVersion !== undefined) return { runAs, majorVersion };
    failures.push(output === '' ? `no access to ${paths.dataDir}` : output);
  }
  throw new EmbeddedError(
    'unavailable',
    `The embedded Postgres cannot run on this machine: ${failures.join('; ')}. Set DATABASE_URL to a Postgres.`,
  );
}

async function candidates(owner: FileOwner | null): Promise<RunAs[]> {
  const self = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  if (process.platform !== 'linux') return [{ ...self, prefix: [] }];
  if (self.uid !== 0) {
    return [
      { ...self, prefix: DIE_WITH_PARENT },
      { ...self, prefix: [] },
    ];
  }
  if (owner !== null && owner.uid !== 0) return withoutRoot(owner);
  const nobody = await findNobody();
  const namespace = ['unshare', '--user', `--map-user=${nobody.uid}`, `--map-group=${nobody.gid}`];
  return [{ ...self, prefix: [...namespace, ...DIE_WITH_PARENT] }, ...withoutRoot(nobody)];
}

/** Drops root's privileges and runs as `owner`, with and without the capability (a container may not have it). */
function withoutRoot(owner: FileOwner): RunAs[] {
  const changeUser = ['setpriv', `--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'];
  // Postgres calls access(2) before it starts, which checks capabilities only when no_setuid_fixup is set.
  const passAnywhere = [
    ...['--securebits=+no_setuid_fixup', '--bounding-set=-all,+dac_override'],
    ...['--inh-caps=-all,+dac_override', '--ambient-caps=-all,+dac_override'],
  ];
  return [
    { ...owner, prefix: [...changeUser, ...passAnywhere, ...DIE_WITH_PARENT] },
    { ...owner, prefix: [...changeUser, ...DIE_WITH_PARENT] },
  ];
}

/** initdb needs an account in the user table; `nobody` exists on every Linux. */
async function findNobody(): Promise<FileOwner> {
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const [, , uid, gid] =
    users
      .split('\n')
      .find((line) => line.startsWith('nobody:'))
      ?.split(':') ?? [];
  return { uid: Number(uid ?? 65534), gid: Number(gid ?? 65534) };
}
