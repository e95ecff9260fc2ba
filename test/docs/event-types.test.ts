/**
 * `docs/events/event.d.ts` in a shop: TypeScript accepts each sample as an event, with every member declared, proposes the
 * known words, accepts unknown ones, and refuses what cannot come. The code of the page signs a sample.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { Webhook } from 'standardwebhooks';

const ROOT = path.join(import.meta.dirname, '..', '..');
const FOLDER = path.join(ROOT, 'docs', 'events');
const SAMPLES = globSync('*.*.json', { cwd: FOLDER }).filter((name) => name !== 'event.schema.json');

function read(name: string): string {
  return readFileSync(path.join(FOLDER, name), 'utf8');
}

/** Compiles files beside a copy of the types, as a shop would, and returns the errors. */
async function compile(t: TestContext, files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'event-types-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  copyFileSync(path.join(FOLDER, 'event.d.ts'), path.join(folder, 'event.d.ts'));
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  const compilerOptions = { strict: true, noEmit: true, module: 'nodenext', resolveJsonModule: true, types: [] };
  writeFileSync(path.join(folder, 'package.json'), '{"type": "module"}');
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  const run = promisify(execFile)(path.join(ROOT, 'node_modules', '.bin', 'tsc'), ['--pretty', 'false'], {
    cwd: folder,
  });
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  return stdout.split('\n').filter((line) => line.includes('error'));
}

const IMPORT = "import type { WebhookEvent } from './event.js';\n";

test('each sample is an event with every member declared, written out or imported as JSON', async (t) => {
  assert.ok(SAMPLES.length >= 13, String(SAMPLES));
  const imports = SAMPLES.map((name, index) => `import s${index} from './${name}' with { type: 'json' };\n`).join('');
  const imported = `export const samples: readonly WebhookEvent[] = [${SAMPLES.map((_, index) => `s${index}`)}];\n`;
  const written = SAMPLES.map(
    (name, index) => `export const e${index} = ${read(name).trim()} satisfies WebhookEvent;\n`,
  );
  const files = Object.fromEntries(SAMPLES.map((name) => [name, read(name)]));

  const errors = await compile(t, { ...files, 'shop.ts': IMPORT + imports + imported + written.join('') });

  assert.deepEqual(errors, []);
});

test('code for known and unknown words is valid, and what cannot come is refused', async (t) => {
  const right = `${IMPORT}export function stateOf({ type, data }: WebhookEvent): string {
    if (type === 'payment.disputed') return 'on-hold';
    const { order, change, registeredAt, parameters } = data;
    const first: string | string[] | undefined = parameters['param1'];
    const amount: number = change?.totalAmount ?? 0;
    return order === null || !order.certain ? 'ask' : \`\${order.state} \${order.earlier.at(0)} \${amount} \${first} \${registeredAt}\`;
  }\n`;
  const wrong = [
    'export const a = (e: WebhookEvent): string => e.data.paymentId;',
    'export const b = (e: WebhookEvent): string => e.data.order.state;',
    'export const c = (e: WebhookEvent): string => e.data.change.kind;',
    'export const d = (e: WebhookEvent): number => e.data.change?.totalAmount ?? null;',
    'export const e = (e: WebhookEvent): string => e.data.body;',
    'export const f = (e: WebhookEvent): string => e.data.parameters.param1;',
    'export const g = (e: WebhookEvent): Date => e.timestamp;',
    'export const h = (e: WebhookEvent): string => e.webhookId;',
  ];

  assert.deepEqual(await compile(t, { 'shop.ts': right }), []);
  const lines = (await compile(t, { 'shop.ts': `${IMPORT}${wrong.join('\n')}\n` })).map(
    (line) => /\((\d+),/.exec(line)?.[1],
  );
  assert.deepEqual(
    [...new Set(lines)],
    wrong.map((_, index) => String(index + 2)),
  );
});

test('the code of the page signs a sample so that it verifies', async () => {
  const [, code = ''] = /^```ts\n([\s\S]*?)^```$/m.exec(read('README.md')) ?? [];
  const script = `${code}console.log(JSON.stringify({ secret, headers, body }));\n`;

  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: ROOT,
  });

  const { secret, headers, body } = JSON.parse(stdout);
  assert.deepEqual(new Webhook(secret).verify(body, headers), JSON.parse(read('payment.frozen.json')));
});
