/** The page of a real service, opened in a real browser. */
import { before, type TestContext } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { openWatched, startBrowser, type WatchedPage } from './browser.ts';
import { STATUS_TOKEN } from './service.ts';

export interface OpenedPage extends WatchedPage {
  /** Goes to an address such as `#/deliveries`, as if it was typed. */
  go(address: string): Promise<void>;
}

/** Opens the page of a service, signed in. `base`: address of the status API, without a slash at its end. */
export async function openPage(
  browser: Browser,
  base: string,
  { token = STATUS_TOKEN, ...options }: BrowserContextOptions & { readonly token?: string } = {},
): Promise<OpenedPage> {
  const watched = await openWatched(browser, base, options);
  const { page } = watched;
  await page.goto(`${base}/ui/`);
  await signIn(page, token);
  await page.getByRole('navigation').first().waitFor();
  return {
    ...watched,
    async go(address) {
      await page.goto(`${base}/ui/${address}`);
    },
  };
}

/** Fills and submits the form for the token. */
export async function signIn(page: Page, token: string): Promise<void> {
  await page.getByLabel(/status ?token/i).fill(token);
  await page.keyboard.press('Enter');
}

/** Settings with which a test service serves the page. */
export const PAGE_ENV = { STATUS_PAGE: 'true' } as const;

/** Closes the context of a page after the test. */
export function closeAfter(t: TestContext, { page }: WatchedPage): void {
  t.after(() => page.context().close());
}

/**
 * Starts one browser for the tests of a file, unless they are skipped. Returns what opens the page in it, signed in; it is
 * closed after its test.
 */
export function pageOpener(skip: string | false) {
  let browser: Browser;
  if (skip === false) {
    before(async (t) => {
      browser = await startBrowser(t as TestContext);
    });
  }
  return async (t: TestContext, base: string, options: Parameters<typeof openPage>[2] = {}): Promise<OpenedPage> => {
    const opened = await openPage(browser, base, options);
    closeAfter(t, opened);
    return opened;
  };
}
