/**
 * The page below a path that a real proxy removes, with the files of docs/page.md: signing in, going to a view, searching,
 * and a replay that reaches the merchant.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { before, type TestContext, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { readText } from '../deploy/files.ts';
import { skipWithoutBrowser, startBrowser } from '../helpers/browser.ts';
import { send, target } from '../helpers/callbacks.ts';
import { waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { IS_ROOT } from '../helpers/embedded.ts';
import { type Merchant, startMerchant } from '../helpers/merchant.ts';
import { closeAfter, openPage, PAGE_ENV } from '../helpers/page.ts';
import { type RealProxy, startRealProxy } from '../helpers/real-proxies.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { skipWithout } from '../helpers/tools.ts';

const skip = skipWithoutBrowser();
/** With what a proxy may decode by mistake. */
const PAYMENT_ID = 'shop/1+ö %2F';

/** Returns the sample of the documentation with the test's own addresses. */
async function sample(language: string, changes: readonly (readonly [from: string, to: string])[]): Promise<string> {
  const page = await readText('docs/page.md');
  let text = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page)?.[1] ?? '';
  for (const [from, to] of changes) {
    assert.ok(text.includes(from), `the sample for ${language} has ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

const nginx: RealProxy = {
  name: 'nginx',
  needs: [{ name: 'nginx', command: ['nginx', '-v'] }],
  async configure({ folder, httpPort, receiver }) {
    const server = await sample('nginx', [
      ['listen 80;', `listen 127.0.0.1:${httpPort};`],
      ['127.0.0.1:8081', receiver],
    ]);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const places = temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n');
    const file = path.join(folder, 'nginx.conf');
    const head = `${IS_ROOT ? 'user root;' : ''}\ndaemon off; pid ${folder}/nginx.pid; worker_processes 1;`;
    const http = `http {\naccess_log off;\n${places}\n${server}\n}\n`;
    await writeFile(file, `${head}\nerror_log stderr crit;\nevents {}\n${http}`);
    return ['nginx', '-p', folder, '-c', file];
  },
};

const caddy: RealProxy = {
  name: 'Caddy',
  needs: [{ name: 'caddy', command: ['caddy', 'version'] }],
  async configure({ folder, httpPort, receiver }) {
    const site = await sample('caddy', [
      ['http://ops.example', `http://127.0.0.1:${httpPort}`],
      ['127.0.0.1:8081', receiver],
    ]);
    const file = path.join(folder, 'Caddyfile');
    await writeFile(file, `{\n\tadmin off\n}\n${site}`);
    return ['caddy', 'run', '--adapter', 'caddyfile', '--config', file];
  },
};

let browser: Browser;
let merchant: Merchant;
let service: TestService;
if (skip === false) {
  before(async (t) => {
    browser = await startBrowser(t as TestContext);
    merchant = await startMerchant(t as TestContext);
    const env = { ...PAGE_ENV, TRUST_PROXY: '127.0.0.1', ...webhookEnv(merchant.url) };
    service = await startTestService(t as TestContext, { env });
    const { status } = await send(service.url, target('UNFREEZE', PAYMENT_ID));
    assert.equal(status, 204);
    await waitForStates(service, ['delivered']);
  });
}

for (const proxy of [nginx, caddy]) {
  test(`the page works below a path that ${proxy.name} removes`, {
    skip: skip || skipWithout(proxy.needs),
  }, async (t) => {
    const { httpPort } = await startRealProxy(t, proxy, new URL(service.service.urls.status).host);
    const base = `http://127.0.0.1:${httpPort}/receiver`;
    const opened = await openPage(browser, base);
    closeAfter(t, opened);
    const { page, problems, foreign } = opened;

    await page.goto(`${base}/ui`);
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    assert.equal(page.url().replace('#/', ''), `${base}/ui/`);
    await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Deliveries' }).click();
    await page.getByRole('heading', { level: 1, name: 'Deliveries' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type(PAYMENT_ID);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => location.hash.startsWith('#/payments/'));
    const received = merchant.received.length;
    const replayed = await page.evaluate(async (paymentId) => {
      const headers = { authorization: `Bearer ${sessionStorage.getItem('status-token')}` };
      const base = new URL('../', document.baseURI);
      const payment = await fetch(new URL(`payments/${encodeURIComponent(paymentId)}`, base), { headers });
      const { events } = await payment.json();
      const replay = await fetch(new URL(`events/${events[0].id}/replay`, base), { method: 'POST', headers });
      return [payment.status, replay.status];
    }, PAYMENT_ID);
    await merchant.waitFor(received + 1);

    assert.deepEqual(replayed, [200, 202]);
    assert.deepEqual([problems, foreign], [[], []]);
  });
}
