/**
 * `mapi-urls`: prints the callback URLs that a shop puts into a create-payment call of the Merchant API. They carry the
 * token, the only proof of their callbacks, so a screen shows it only on request.
 */
import type { Config } from '../config/settings.ts';
import { MASK } from '../config/types/urls.ts';
import { isOrderReference, type MapiCallbackUrls, mapiCallbackUrls } from '../protocol/mapi/callback-urls.ts';
import { mapiTarget } from '../registrations/mapi-target.ts';
import { defineCommand, EXIT, UsageError } from './command.ts';
import { reportMissing } from './mapi-settings.ts';

const HELP = `Usage: receiver mapi-urls [ORDER] [options]

Prints the callback URLs to put into a create-payment call of the Merchant API: below PUBLIC_URL and
the first of MAPI_CALLBACK_PATHS, with the order's reference and MAPI_CALLBACK_TOKEN. They go into
options.callbacks.authorization.url, .management.url and .creditApplication.url. The same token is
in the URLs of all orders, so a shop may form them by itself: docs/merchant-api.md has examples.

  ORDER            the shop's reference of the order: up to 36 letters, digits, - and _
  --show-secrets   print the token on a screen, too
  --json           print the object for options.callbacks

On a screen the token is masked, unless --show-secrets is given. Into a pipe or a file it is always
printed, since the reader of that needs it: keep the output secret.

Without MAPI_CALLBACK_TOKEN the URLs carry none, and each payment is confirmed at the Merchant API
instead. Then there is no creditApplication URL: nothing can confirm an application.

Exit codes: 0 printed, 64 wrong usage, 78 settings missing or wrong.`;

export const mapiUrls = defineCommand({
  summary: 'print the callback URLs for a create-payment call',
  help: HELP,
  words: 'any',
  options: { 'show-secrets': { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
  parse: (_, words) => parseOrder(words),
  async run({ values, parsed: order, config, terminal }) {
    const target = mapiTarget(config);
    if (target === null) return reportMissing(['PUBLIC_URL', 'MAPI_CALLBACK_PATHS'], { config, terminal });
    const isMasked = terminal.isScreen === true && !values['show-secrets'];
    const urls = callbackUrls(config, target, { order, isMasked });
    if (values.json) terminal.print(JSON.stringify(asOption(urls)));
    else for (const [name, url] of Object.entries(urls)) terminal.print(`${name.padEnd(17)} ${url}`);
    const remark = remarkOn(config, isMasked);
    if (remark !== null) terminal.printError(remark);
    return EXIT.ok;
  },
});

function parseOrder([order, ...others]: readonly string[]): string | null {
  if (others.length > 0) throw new UsageError('Name one order only.');
  if (order === undefined) return null;
  if (isOrderReference(order)) return order;
  throw new UsageError(
    `${JSON.stringify(order)} is no order reference: Resurs takes 1 to 36 letters (A to Z), digits, - and _.`,
  );
}

/** Without a token there is none for applications: their callbacks would be refused. */
function callbackUrls(config: Config, target: string, { order, isMasked }: UrlOptions): Partial<MapiCallbackUrls> {
  const token = config.MAPI_CALLBACK_TOKEN;
  const urls = mapiCallbackUrls({ target, order, token: isMasked && token !== null ? MASK : token });
  if (token !== null) return urls;
  const { authorization, management } = urls;
  return { authorization, management };
}

interface UrlOptions {
  readonly order: string | null;
  readonly isMasked: boolean;
}

/** The value of `options.callbacks`. */
function asOption(urls: Partial<MapiCallbackUrls>) {
  return Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, { url }]));
}

function remarkOn({ MAPI_CALLBACK_TOKEN, MAPI_CLIENT_ID }: Config, isMasked: boolean): string | null {
  if (MAPI_CALLBACK_TOKEN !== null) return isMasked ? 'The token is masked: --show-secrets prints it.' : null;
  const rest = 'There is no URL for creditApplication, since nothing can confirm an application.';
  if (MAPI_CLIENT_ID === null) {
    return `MAPI_CALLBACK_TOKEN is not set, and neither is MAPI_CLIENT_ID: callbacks are accepted unconfirmed. ${rest}`;
  }
  return `MAPI_CALLBACK_TOKEN is not set: each payment is read with MAPI_CLIENT_ID before its callback is accepted. ${rest}`;
}
