/**
 * A real browser for tests of the page: Debian's Chromium. One process serves a test file; each page has a context of
 * its own, as a private window. Without a Chromium the tests are skipped with a notice, or fail where it must be there.
 */
import type { TestContext } from 'node:test';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { skipWithout, type ToolPart } from './tools.ts';

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const CHROMIUM: readonly ToolPart[] = [{ name: 'chromium', command: [EXECUTABLE, '--version'] }];

/** Returns false where the browser is there, else the notice of the skipped tests. */
export function skipWithoutBrowser(): string | false {
  return skipWithout(CHROMIUM);
}

/** Starts the browser; it is closed after the tests of `t`. */
export async function startBrowser(t: Pick<TestContext, 'after'>): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: EXECUTABLE,
    // Containers and root have no sandbox; only pages of the tests are opened.
    chromiumSandbox: false,
    args: ['--disable-dev-shm-usage', '--disable-gpu'],
  });
  t.after(() => browser.close());
  return browser;
}

export interface WatchedPage {
  readonly page: Page;
  /** Errors and warnings of the console, violations of the policy, and uncaught errors. */
  readonly problems: readonly string[];
  /** Requests that left the service. */
  readonly foreign: readonly string[];
}

/** Opens an empty page that notes every problem. `origin`: requests to others are noted as foreign. */
export async function openWatched(
  browser: Browser,
  origin: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Stockholm', ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const problems: string[] = [];
  const foreign: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith('blob:')) foreign.push(request.url());
  });
  return { page, problems, foreign };
}
