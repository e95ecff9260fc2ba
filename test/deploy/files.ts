/** The files that deploy the service, read as a builder or a cluster reads them; docker-compose.yml has compose.ts. */
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { parseAllDocuments } from 'yaml';

export const ROOT = path.join(import.meta.dirname, '..', '..');

/** One instruction of a Dockerfile, continued lines joined. */
export interface Instruction {
  readonly name: string;
  readonly value: string;
}

export async function readText(name: string): Promise<string> {
  return readFile(path.join(ROOT, name), 'utf8');
}

/** The objects of a manifest, in order. Throws when one of them is no YAML. */
export async function readManifests(name: string): Promise<unknown[]> {
  return parseAllDocuments(await readText(name)).map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS();
  });
}

/** The instructions of each stage of the Dockerfile, the last one being the image. */
export async function readStages(): Promise<Instruction[][]> {
  const text = (await readText('Dockerfile')).replaceAll(/^#.*\n/gm, '').replaceAll(/\\\n\s*/g, ' ');
  const stages: Instruction[][] = [];
  for (const [, name = '', value = ''] of text.matchAll(/^([A-Z]+)\s+(.+)$/gm)) {
    if (name === 'FROM') stages.push([]);
    stages.at(-1)?.push({ name, value });
  }
  return stages;
}

interface Lock {
  readonly packages: Readonly<Record<string, { dev?: true; optional?: true; devOptional?: true }>>;
}

/** The folders of `npm ci --omit=dev --omit=optional`. */
export async function readProductionPackages(): Promise<string[]> {
  const { packages }: Lock = JSON.parse(await readText('package-lock.json'));
  return Object.entries(packages)
    .filter(([folder, { dev, optional, devOptional }]) => folder !== '' && !dev && !optional && !devOptional)
    .map(([folder]) => folder);
}

/** Names and values of the lines of .env.example that are not commented out. */
export async function readEnvExample(): Promise<Map<string, string>> {
  const lines = (await readText('.env.example')).matchAll(/^([A-Z_]+)=(.*)$/gm);
  return new Map([...lines].map(([, name = '', value = '']) => [name, value]));
}
