/**
 * Text that is rendered as XML survives parsing unchanged, and text that XML cannot hold is refused instead of being
 * sent damaged. A salt that differs by one character makes the digest of every callback wrong. Pure; fast-check
 * generates the texts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { renderEnvelope } from '../../src/resurs/soap-envelope.ts';
import { childNamed, parseXml, textOf, XML_LIMIT_BYTES, xml } from '../../src/resurs/xml.ts';

const OPERATION = { namespace: 'urn:test', name: 'register' };

/** Texts that the settings accept, with many characters that XML treats specially. */
const texts = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({
      unit: fc.constantFrom('&', '<', '>', '"', "'", ']', ';', '#', ' ', '{', '&amp;', 'å', '\u2028', '😀'),
    }),
  )
  .filter((text) => text !== '' && !/[\p{Cc}\uFFFE\uFFFF]/u.test(text));

/** The root of a document that must be well-formed. */
function rootOf(text: string) {
  const parsed = parseXml(text);
  if (parsed.outcome === 'unreadable') throw new Error(`${parsed.problem}: ${text}`);
  return parsed.root;
}

test('any template and salt survive rendering and parsing unchanged', () => {
  fc.assert(
    fc.property(texts, texts, (uriTemplate, salt) => {
      const parts = [xml`<uriTemplate>${uriTemplate}</uriTemplate>`, xml`<digestSalt>${salt}</digestSalt>`];

      const body = childNamed(rootOf(renderEnvelope(OPERATION, parts)), 'Body');
      const operation = [...(body?.getElementsByTagNameNS('urn:test', 'register') ?? [])][0];

      assert.ok(operation !== undefined);
      assert.deepEqual([textOf(operation, 'uriTemplate'), textOf(operation, 'digestSalt')], [uriTemplate, salt]);
    }),
  );
});

test('a text survives in an attribute unchanged', () => {
  fc.assert(
    fc.property(texts, (text) => {
      assert.equal(rootOf(xml`<a b="${text}" c='${text}'/>`.markup).getAttribute('b'), text);
      assert.equal(rootOf(xml`<a b="${text}" c='${text}'/>`.markup).getAttribute('c'), text);
    }),
  );
});

for (const [what, text] of [
  ['NUL', 'a\0'],
  ['a line break', 'a\nb'],
  ['a carriage return', 'a\rb'],
  ['a tab', '\t'],
  ['an escape', '\u001b[0m'],
  ['a control character of Latin-1', '\u0085'],
  ['half a surrogate pair', '\ud800'],
  ['the other half', 'a\udc00b'],
  ['a non-character', '\uffff'],
] as const) {
  test(`a text with ${what} is refused, and the error does not repeat it`, () => {
    assert.throws(
      () => xml`<salt>${`secret${text}`}</salt>`,
      (error) => error instanceof RangeError && !error.message.includes('secret'),
    );
  });
}

for (const [what, text, problem] of [
  ['a document type', '<!DOCTYPE a [<!ENTITY x "y">]><a/>', 'has a document type, which SOAP forbids'],
  ['an entity of its own', '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 'is not well-formed XML'],
  ['an undefined entity', '<a>&auml;</a>', 'is not well-formed XML'],
  ['a wrong end tag', '<a><b></a></b>', 'is not well-formed XML'],
  ['no end tag', '<a>', 'is not well-formed XML'],
  ['a second root', '<a/><b/>', 'is not well-formed XML'],
  ['a prefix without a namespace', '<x:a/>', 'is not well-formed XML'],
  ['plain text', 'hello', 'is not well-formed XML'],
  ['nothing', '', 'is not well-formed XML'],
  ['more than a MiB', `<a>${'å'.repeat(XML_LIMIT_BYTES / 2)}</a>`, 'is longer than 1 MiB'],
] as const) {
  test(`${what} is not parsed`, () => {
    assert.deepEqual(parseXml(text), { outcome: 'unreadable', problem });
  });
}

test('a hundred thousand levels are parsed without a crash', () => {
  const depth = 100_000;

  assert.equal(rootOf(`${'<a>'.repeat(depth)}x${'</a>'.repeat(depth)}`).textContent, 'x');
});
