/** The command that posts a webhook to a test endpoint: run by real shells, against a real server. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { curlOf } from '../../src/page/client/lib/shell.js';
import { startWebhookServer } from '../harness/webhook-server.ts';
import { skipWithout } from '../helpers/tools.ts';

const SHELLS = ['sh', 'bash'];
const TOOLS = ['curl', ...SHELLS].map((name) => ({
  name,
  command: [name, ...(name === 'sh' ? ['-c', ':'] : ['--version'])],
}));

const HOSTILE = [
  "{\"a\":\"it's ''quoted'' '; touch /tmp/x; echo '\"}",
  '@/etc/passwd',
  '$(id) `id` $HOME !! !$ \\n \\0101 \\\\ %s %d %% "x"',
  '-n --next',
  '{\n\t"å": "\u202Egnirts \u200B😀",\r\n "del": "\u007F\u0085\u001B[201~"}',
  '\\\u0007 \\\\0041 %b',
  `{"long":"${'x\'"'.repeat(90_000)}"}`,
  '',
];

test('the command posts exactly the body and the headers, whatever they hold', {
  skip: skipWithout(TOOLS),
}, async (t) => {
  const received: { headers: NodeJS.Dict<string | string[]>; body: string }[] = [];
  const { url, close } = await startWebhookServer(({ headers }, body, response) => {
    received.push({ headers, body: body.toString() });
    response.writeHead(204).end();
  });
  t.after(close);
  const run = promisify(execFile);

  for (const shell of SHELLS) {
    for (const body of HOSTILE) {
      const headers = {
        'content-type': 'application/json',
        'webhook-id': "evt_'$(id)'",
        'webhook-signature': 'v1,********',
        authorization: '********',
      };
      const command = curlOf({ headers, body }, `${url}/a?b='$(id)`);
      const child = run(shell, ['-s'], { maxBuffer: 10_000_000 });
      child.child.stdin?.end(command);
      await child;

      const last = received.at(-1);
      assert.equal(last?.body, body, `${shell}: ${body.slice(0, 60)}`);
      assert.equal(last.headers['webhook-id'], headers['webhook-id']);
      assert.equal(last.headers['content-type'], 'application/json');
      assert.deepEqual([last.headers['webhook-signature'], last.headers.authorization], [undefined, undefined]);
    }
  }
  assert.equal(received.length, SHELLS.length * HOSTILE.length);
});

test('the command shows only what can be seen', () => {
  for (const body of HOSTILE) {
    assert.doesNotMatch(curlOf({ headers: {}, body }, 'http://x/'), /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  }
});
