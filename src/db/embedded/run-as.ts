/**
 * Chooses as whom Postgres runs, since it refuses to run as root.
 *
 * An ordinary user runs it as itself. For root the first choice is a user namespace, in which root's own files belong
 * to an ordinary user; where namespaces are forbidden (most containers) it runs as `nobody`, with the one capability
 * that lets it pass through folders only root may enter. A folder that belongs to somebody else stays theirs.
 * Each way is tried out before it is taken, because whether it works is the machine's secret.
 */
import { readFile } from 'node:fs/promises';
import { EmbeddedError } from './error.ts';
import { runToEnd } from './processes.ts';

export interface RunAs {
  /** Whom Postgres' files must belong to, as seen from here. */
  readonly uid: number;
  readonly gid: number;
  /** What goes before a binary's path on the command line. */
  readonly prefix: readonly string[];
}

export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/** The place an account must be able to run in. */
export interface RequiredPaths {
  /** The binary to run. */
  readonly postgres: string;
  readonly dataDir: string;
  /** Whom the cluster in it belongs to; null when there is none yet. */
  readonly owner: FileOwner | null;
}

export interface RunAsChoice {
  readonly account: RunAs;
  /** The major version of the binaries. */
  readonly majorVersion: string;
}

/**
 * A fast shutdown of Postgres when the service dies without one, even by kill -9. It must be the last step before
 * Postgres: a change of credentials clears it (prctl(2)).
 */
const DIE_WITH_PARENT = ['setpriv', '--pdeathsig', 'INT'];

/** Throws `unavailable` when the binaries run in no way that is known. */
export async function chooseRunAs(place: RequiredPaths): Promise<RunAsChoice> {
  const failures: string[] = [];
  for (const account of await candidates(place.owner)) {
    const { exitCode, output } = await runToEnd([
      ...account.prefix,
      ...['sh', '-c', 'test -x "$1" && exec "$0" -V', place.postgres, place.dataDir],
    ]);
    const majorVersion = /\(PostgreSQL\) (\d+)/.exec(output)?.[1];
    if (exitCode === 0 && majorVersion !== undefined) return { account, majorVersion };
    failures.push(output === '' ? `no access to ${place.dataDir}` : output);
  }
  throw new EmbeddedError(
    'unavailable',
    `The embedded Postgres does not run here: ${failures.join('; ')}. Set DATABASE_URL to a Postgres.`,
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
  if (owner !== null && owner.uid !== 0) return dropped(owner);
  const nobody = await findNobody();
  const namespace = ['unshare', '--user', `--map-user=${nobody.uid}`, `--map-group=${nobody.gid}`];
  return [{ ...self, prefix: [...namespace, ...DIE_WITH_PARENT] }, ...dropped(nobody)];
}

/** Root's rights given up for `owner`, with and without the capability (a container may not have it to give). */
function dropped(owner: FileOwner): RunAs[] {
  const change = ['setpriv', `--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'];
  // Postgres asks access(2) before it starts, which looks at capabilities only when no_setuid_fixup is set.
  const passAnywhere = [
    ...['--securebits=+no_setuid_fixup', '--bounding-set=-all,+dac_override'],
    ...['--inh-caps=-all,+dac_override', '--ambient-caps=-all,+dac_override'],
  ];
  return [
    { ...owner, prefix: [...change, ...passAnywhere, ...DIE_WITH_PARENT] },
    { ...owner, prefix: [...change, ...DIE_WITH_PARENT] },
  ];
}

/** initdb wants an account that is in the user table; this one is on every Linux. */
async function findNobody(): Promise<FileOwner> {
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const [, , uid, gid] =
    users
      .split('\n')
      .find((line) => line.startsWith('nobody:'))
      ?.split(':') ?? [];
  return { uid: Number(uid ?? 65534), gid: Number(gid ?? 65534) };
}
