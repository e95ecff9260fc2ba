/** Starts the embedded Postgres with a library, and without it where the library cannot be loaded. */
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/db/embedded/embedded.ts';

export interface PreloadedOptions {
  readonly dataDir: string;
  readonly settings: Readonly<Record<string, string>>;
  /** A value of shared_preload_libraries; null: none. */
  readonly preload: string | null;
}

export async function startPreloadedPostgres({
  dataDir,
  settings,
  preload,
}: PreloadedOptions): Promise<EmbeddedPostgres> {
  if (preload === null) return startEmbeddedPostgres({ dataDir, settings });
  try {
    return await startEmbeddedPostgres({ dataDir, settings: { ...settings, shared_preload_libraries: preload } });
  } catch {
    // Not every package of Postgres has every library. Another reason makes this start fail as well.
    return startEmbeddedPostgres({ dataDir, settings });
  }
}
