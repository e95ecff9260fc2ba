/** The end of a run for the receivers: each is asked to stop, and has to. */
import type { Replica } from './replica.ts';

/** Asks all at once; tells who did not stop properly, and who had ended before without being asked. */
export async function stopAll(replicas: readonly Replica[]): Promise<string[]> {
  const endings = await Promise.all(replicas.map(async ({ name, stop }) => ({ name, exitCode: await stop() })));
  return [
    ...replicas.flatMap(({ crashes }) => crashes),
    ...endings
      .filter(({ exitCode }) => exitCode !== 0)
      .map(({ name, exitCode }) => `${name} was asked to stop: exit code ${exitCode ?? 'none, it did not'}`),
  ];
}
