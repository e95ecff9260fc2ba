/**
 * The workflows of .github as GitHub's own language service judges them, and as data. The service knows syntax, names of
 * permissions, and what an expression may name; the inputs of actions are read from a list here, as of the pinned versions.
 */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import * as path from 'node:path';
import { parse } from 'yaml';
import { ROOT, readText } from './files.ts';

export const WORKFLOWS = path.join('.github', 'workflows');

export interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

export interface Job {
  readonly uses?: string;
  readonly needs?: string | readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly container?: { readonly image: string };
  readonly strategy?: { readonly matrix: { readonly include: readonly Readonly<Record<string, string>>[] } };
  readonly steps?: readonly Step[];
}

export interface Workflow {
  readonly name: string;
  readonly text: string;
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly concurrency: unknown;
  readonly defaults: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** The inputs of each action that are used here or come near them. */
const INPUTS: Readonly<Record<string, readonly string[]>> = {
  'actions/attest': ['subject-path', 'subject-name', 'subject-digest', 'push-to-registry', 'create-storage-record'],
  'actions/checkout': ['ref', 'fetch-depth', 'persist-credentials'],
  'docker/build-push-action': ['build-args', 'context', 'labels', 'outputs', 'platforms', 'provenance', 'push', 'sbom'],
  'docker/login-action': ['registry', 'username', 'password'],
  'docker/setup-buildx-action': ['driver', 'platforms'],
};

export async function readWorkflows(): Promise<Workflow[]> {
  const names = (await readdir(path.join(ROOT, WORKFLOWS))).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readText(path.join(WORKFLOWS, name));
      return { ...parse(text), name, text };
    }),
  );
}

/** The jobs of one workflow. */
export async function readJobs(name: string): Promise<Readonly<Record<string, Job>>> {
  const workflow = (await readWorkflows()).find((each) => each.name === name);
  assert.ok(workflow !== undefined);
  return workflow.jobs;
}

/** What the language service finds in a workflow, one line each. */
export async function findProblems(name: string, text: string): Promise<string[]> {
  const { validate, TextDocument } = await loadService();
  const document = TextDocument.create(`file://${path.join(ROOT, WORKFLOWS, name)}`, 'yaml', 1, text);
  const found = await validate(document, {
    actionsMetadataProvider: {
      fetchActionMetadata: async ({ owner, name: action }) => {
        const inputs = INPUTS[`${owner}/${action}`];
        if (inputs === undefined) return undefined;
        return {
          name: action,
          description: '',
          inputs: Object.fromEntries(inputs.map((input) => [input, { description: '' }])),
        };
      },
    },
    fileProvider: {
      getFileContent: async (reference) => {
        assert.ok('path' in reference && !('owner' in reference), 'only workflows of this repository are called');
        return { name: reference.path, content: await readText(reference.path) };
      },
    },
  });
  return found.map(({ range, message }) => `${range.start.line + 1}: ${message}`);
}

/** The package is made for bundlers: its import of JSON lacks the attribute that Node asks for. */
async function loadService() {
  const hooks = registerHooks({
    load: (url, context, next) =>
      next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
  });
  const { validate } = await import('@actions/languageservice');
  const { TextDocument } = await import('vscode-languageserver-textdocument');
  hooks.deregister();
  return { validate, TextDocument };
}
