/**
 * What strangers send is parsed without an exception and read in one way only: URLs and bodies of the Merchant API's
 * callbacks. Pure, with generated cases.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAPI_KINDS, parseMapiBody } from '../../../src/protocol/mapi/body.ts';
import { announcesKind, matchMapiPath, parseMapiUrl } from '../../../src/protocol/mapi/url.ts';

const PATHS = ['/', '/callbacks/mapi'];
const piece = fc.oneof(
  fc.constantFrom(...['token', 'order', 'callback', 'authorization', 'management', 'credit-application']),
  fc.constantFrom(...['&', '=', '?', '/', '//', '%', '%00', '%ff', '+', 'amp;', '#', '..', 'x']),
  fc.string({ unit: 'binary', maxLength: 4 }),
);
const target = fc.array(piece, { maxLength: 12 }).map((pieces) => `/callbacks/mapi${pieces.join('')}`);

test('no target throws, and a token is never among the parameters', () => {
  fc.assert(
    fc.property(target, (text) => {
      const match = matchMapiPath(text, PATHS);
      if (match === null) return;
      announcesKind(match);
      const url = parseMapiUrl(match);
      if (url === null) return;
      const names = Object.keys(url.parameters).map((name) => name.toLowerCase());
      for (const reserved of ['token', 'order', 'callback']) assert.ok(!names.includes(reserved));
      assert.ok(url.order === null || url.order !== '');
    }),
  );
});

test('the order and the token of a URL are read as they were written', () => {
  const written = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }).filter((text) => text.isWellFormed());
  fc.assert(
    fc.property(written, fc.stringMatching(/^[!-~]{24,64}$/), (order, token) => {
      const query = new URLSearchParams({ order, token });
      const match = matchMapiPath(`/callbacks/mapi/management?${query}`, PATHS);
      const url = match === null ? null : parseMapiUrl(match);
      assert.deepEqual([url?.order, url?.token, url?.kind], [order, token, 'MANAGEMENT']);
    }),
  );
});

test('no body throws, and a callback has ids and words of the allowed form', () => {
  const member = fc.constantFrom('paymentId', 'applicationId', 'status', 'action', 'actionId', 'created', 'x');
  const json = fc
    .dictionary(member, fc.oneof(fc.uuid(), fc.jsonValue({ maxDepth: 3 })))
    .map((value) => JSON.stringify(value));
  const bodies = fc.oneof(json, fc.string({ unit: 'binary' }), fc.json()).map((text) => Buffer.from(text));
  const kinds = fc.constantFrom(null, ...MAPI_KINDS);
  fc.assert(
    fc.property(fc.oneof(bodies, fc.uint8Array().map(Buffer.from)), kinds, (body, kind) => {
      const parsed = parseMapiBody(body, kind);
      if (parsed.outcome !== 'callback') return;
      const { callback } = parsed;
      const id = callback.kind === 'CREDIT_APPLICATION' ? callback.applicationId : callback.paymentId;
      assert.match(id, /^[a-z0-9-]{1,64}$/);
      assert.match(callback.word, /^\P{Cc}{1,64}$/u);
      assert.ok(kind === null || callback.kind === kind);
    }),
  );
});
