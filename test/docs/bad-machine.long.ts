/**
 * "A bad day" of docs/runbook.md works: each part's commands run unchanged while its fault is really there, then again
 * when it is repaired, and show what the page says. Service, database, shop and the simulated Resurs are real. Here are
 * the faults of the machine: disk, certificate, clock.
 */
import assert from 'node:assert/strict';
import { unwatchFile, watchFile } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../harness/wait.ts';
import { send, target } from '../helpers/callbacks.ts';
import { makeAuthority } from '../helpers/certificates.ts';
import { waitForLine } from '../helpers/deliveries.ts';
import { makeFolder } from '../helpers/embedded.ts';
import { startLosingResurs } from '../helpers/reconciled-resurs.ts';
import { startTestService } from '../helpers/service.ts';
import { STORE_FAULTS } from '../helpers/store-faults.ts';
import { createShell, skip, takeBlocks } from './bad-day-shell.ts';

test('a full disk shows, and goes by itself once there is space', { skip }, async (t) => {
  const [shows = '', over = ''] = takeBlocks('The disk is full', 2);
  const receiver = await startTestService(t);
  const run = createShell(t);
  const [fault = assert.fail()] = STORE_FAULTS;
  await receiver.query(fault.make);
  const put = await send(receiver.url, target('BOOKED', 'p-1'));

  const full = await run(receiver, shows);
  await receiver.query(fault.mend);
  const again = await send(receiver.url, target('BOOKED', 'p-1'));
  // An answer of /readyz is up to a second old.
  assert.ok(await waitUntil(async () => (await send(receiver.url, '/readyz')).status === 200));
  const after = await run(receiver, over);

  assert.deepEqual([put.status, again.status], [503, 204]);
  assert.match(full, /"reason":"database"[\s\S]*53100[\s\S]*✗ database[\s\S]* [kM]B[\s\S]*inactive[\s\S]*Filesystem/);
  assert.match(after, /"status":"ready"[\s\S]*✓ database/);
});

test('an expired certificate shows from outside, and a renewed one is taken without a restart', { skip }, async (t) => {
  const [shows = '', over = ''] = takeBlocks('The certificate has expired', 2);
  const authority = await makeAuthority();
  const folder = await makeFolder(t);
  const files = {
    cert: path.join(folder, 'cert.pem'),
    key: path.join(folder, 'key.pem'),
    root: path.join(folder, 'root.pem'),
  };
  await writeFile(files.root, authority.root);
  const write = async (untilDays: number) => {
    const { cert, key } = await authority.issue('localhost', { fromDays: -2, untilDays });
    for (const [name, text] of [
      ['key', key],
      ['cert', cert],
    ] as const) {
      await writeFile(`${files[name]}.new`, text);
      await copyFile(`${files[name]}.new`, files[name]);
    }
  };
  await write(-1);
  shortenCheckInterval(t, [files.cert, files.key]);
  const { env: account } = await startLosingResurs(t);
  const env = { ...account, DIGEST_SALT: '', TLS_CERT_FILE: files.cert, TLS_KEY_FILE: files.key };
  const receiver = await startTestService(t, { env });
  const host = `localhost:${new URL(receiver.url).port}`;
  const run = createShell(t, { ...env, PUBLIC_URL: `https://${host}`, NODE_EXTRA_CA_CERTS: files.root });
  const values = { host, base: `https://${host}` };

  const expired = await run(receiver, shows, values);
  await write(90);
  await waitForLine(receiver, 'tls.renewed');
  // The TEST is sent by a Resurs of this process, which does not trust the authority of this test.
  const after = await run(receiver, over.replace(/^npx receiver trigger-test$/m, ''), values);

  assert.match(expired, /Certificate will expire[\s\S]*public-url/);
  assert.match(after, /Certificate will not expire/);
});

/** The check of once a minute: all watchers of a file in one process share one, and the first of them sets the interval. */
function shortenCheckInterval(t: TestContext, files: readonly string[]): void {
  const nothing = () => undefined;
  for (const file of files) {
    watchFile(file, { interval: 20, persistent: false }, nothing);
    t.after(() => unwatchFile(file, nothing));
  }
}

test('a clock that differs from that of Resurs shows', { skip }, async (t) => {
  const [shows = '', over = ''] = takeBlocks('The clock is wrong', 2);
  const { resurs, env } = await startLosingResurs(t);
  const receiver = await startTestService(t, { env });
  const run = createShell(t, { ...env, PUBLIC_URL: receiver.url });
  await run(receiver, 'npx receiver register --yes');
  resurs.setQuirks({ clockAheadMs: 600_000 });

  const wrong = await run(receiver, shows);
  resurs.setQuirks({ clockAheadMs: 0 });
  const right = await run(receiver, over);

  assert.match(wrong, /✗ clock/);
  assert.match(right, /✓ clock[\s\S]*✓ BOOKED/);
});
