/**
 * Log lines on standard output: an output that stalls, is full or is gone does not stop the program, and lines logged
 * just before an exit or a crash are written. Separate programs with real pipes and files.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../harness/wait.ts';

const LOGGER = join(import.meta.dirname, '..', '..', 'src', 'lib', 'logger.ts');

function start(t: TestContext, statements: string) {
  const program = `import { createLogger } from ${JSON.stringify(LOGGER)}; const log = createLogger('info'); ${statements}`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

test('a stalled reader does not block the program', async (t) => {
  // Far more than fits into a pipe; afterwards the event loop runs a few more turns and reports it.
  const child = start(
    t,
    `for (let n = 0; n < 20_000; n += 1) log.info({ n, filler: 'x'.repeat(50) });
     let rounds = 0;
     const timer = setInterval(() => { rounds += 1; if (rounds === 5) { clearInterval(timer); console.error('still alive'); } }, 5);`,
  );

  const [message] = await once(child.stderr, 'data');
  const lines = (await text(child.stdout)).trimEnd().split('\n');

  assert.equal(String(message), 'still alive\n');
  assert.deepEqual([lines.length, JSON.parse(lines.at(-1) ?? '').n], [20_000, 19_999]);
});

for (const [name, end] of [
  ['an exit', 'process.exit(3);'],
  ['an uncaught error', `throw new Error('on purpose');`],
] as const) {
  test(`lines logged just before ${name} are written`, async (t) => {
    const child = start(t, `log.info({ n: 1 }); setImmediate(() => { log.info({ n: 2 }); ${end} });`);

    const lines = (await text(child.stdout)).trimEnd().split('\n');

    // In any order, because one may still be in flight at the end.
    assert.deepEqual(lines.map((line) => JSON.parse(line).n).sort(), [1, 2]);
  });
}

test('lines of a short time leave in few writes', async (t) => {
  // Each line has a turn of its own. The reader counts what arrives, and the last line ends the program.
  const child = start(
    t,
    `let n = 0;
     const next = () => { n += 1; log.info({ n }); if (n < 200) setImmediate(next); };
     next();`,
  );
  let chunks = 0;
  child.stdout.on('data', () => (chunks += 1));

  const lines = (await text(child.stdout)).trimEnd().split('\n');

  assert.deepEqual(
    lines.map((line) => JSON.parse(line).n),
    Array.from({ length: 200 }, (_, index) => index + 1),
  );
  assert.ok(chunks < 100, `${chunks} writes`);
});

test('the program ends although its lines are not read', async (t) => {
  const child = start(
    t,
    `for (let n = 0; n < 20_000; n += 1) log.info({ n, filler: 'x'.repeat(50) });
     setTimeout(() => process.exit(3), 50);`,
  );

  const [code] = await once(child, 'exit');

  assert.equal(code, 3);
});

test('a file that is full loses lines and not the program, and has their number once it takes lines again', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'log-output-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'log');
  // A limit of 4 KiB for each file, as a full disk has it; the program logs without end.
  const program = `import { createLogger, openLogOutput } from ${JSON.stringify(LOGGER)};
    const output = openLogOutput();
    const log = createLogger('info', output);
    let n = 0;
    setInterval(() => { n += 1; log.info({ n }); process.stderr.write(output.droppedLines() + '\\n'); }, 5);`;
  const limited = 'ulimit -f 8; exec "$0" --input-type=module --eval "$1" >> "$2"';
  const child = spawn('sh', ['-c', limited, process.execPath, program, file], { stdio: ['ignore', 'ignore', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let dropped = 0;
  child.stderr.on('data', (chunk: Buffer) => {
    dropped = Math.max(...chunk.toString().trim().split('\n').map(Number));
  });

  assert.ok(await waitUntil(async () => dropped >= 10));
  await truncate(file);
  const read = async () => (await readFile(file, 'utf8')).trimStart().split('\n');
  assert.ok(await waitUntil(async () => (await read()).length > 5));

  const [report, ...lines] = (await read()).slice(0, 4).map((line) => JSON.parse(line));
  assert.equal(report.event, 'log.lines_dropped');
  assert.ok(report.count >= 10);
  assert.deepEqual(
    lines.map(({ n }) => n),
    [0, 1, 2].map((more) => lines[0].n + more),
  );
});
