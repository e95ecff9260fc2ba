/**
 * The files of `docs/events/` are what the receiver sends: they equal what its own code renders byte for byte, the samples
 * are valid, and the sample request verifies. Run with UPDATE_SNAPSHOTS=1 to rewrite them after a change.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { Webhook } from 'standardwebhooks';
import { CHANGE_KINDS, EVENT_TYPES } from '../../src/deliveries/payload-words.ts';
import { TABLES } from './events/render-tables.ts';
import { renderTypes } from './events/render-types.ts';
import { renderRequest, type SampleRequest } from './events/request.ts';
import { renderSamples } from './events/samples.ts';
import { renderSchema } from './events/schema.ts';

const FOLDER = path.join(import.meta.dirname, '..', '..', 'docs', 'events');
const SAMPLES = renderSamples();
const DOCUMENTS = new Map<string, () => string | Promise<string>>([
  ['event.schema.json', renderSchema],
  ['event.d.ts', renderTypes],
  ['request.json', renderRequest],
  ['README.md', renderPage],
  ...[...SAMPLES].map(([name, text]) => [name, () => text] as const),
]);

function read(name: string): string {
  return readFileSync(path.join(FOLDER, name), 'utf8');
}

/** The page as it is written, with its tables rendered. */
function renderPage(): string {
  return read('README.md').replaceAll(/(<!-- (\w+): generated -->\n)[\s\S]*?(?=<!-- end -->)/g, (_, mark, name) => {
    const render = TABLES[name] ?? assert.fail(`${name} is no table`);
    return `${mark}\n${render()}\n\n`;
  });
}

for (const [name, render] of DOCUMENTS) {
  test(`docs/events/${name} equals what the receiver's code renders`, async () => {
    const rendered = await render();
    if (process.env.UPDATE_SNAPSHOTS === '1') writeFileSync(path.join(FOLDER, name), rendered);

    assert.equal(read(name), rendered, 'run UPDATE_SNAPSHOTS=1 npm test and check the difference');
  });
}

test('docs/events has no other file, and its page has each table once', () => {
  assert.deepEqual(readdirSync(FOLDER).sort(), [...DOCUMENTS.keys()].sort());
  const tables = [...read('README.md').matchAll(/<!-- (\w+): generated -->/g)].map(([, name]) => name);
  assert.deepEqual(tables, Object.keys(TABLES));
});

test('each event type has a valid sample, and so has each kind of change', () => {
  const ajv = new Ajv2020({ strict: true });
  formats.default(ajv);
  const validate = ajv.compile(JSON.parse(read('event.schema.json')));

  const events = [...SAMPLES.keys()].map((name) => JSON.parse(read(name)));

  for (const event of events) assert.ok(validate(event), `${event.type}: ${JSON.stringify(validate.errors)}`);
  assert.equal(validate({ ...events[0], data: {} }), false);
  assert.deepEqual(new Set(events.map(({ type }) => type)), new Set(Object.keys(EVENT_TYPES)));
  const kinds = events.flatMap(({ data }) => (data.change === undefined ? [] : [data.change.kind]));
  assert.deepEqual(kinds.sort(), Object.keys(CHANGE_KINDS).sort());
});

test('a shop may load all samples: no two have the same id or number', () => {
  const events = [...SAMPLES.keys(), 'request.json'].map((name) => {
    const document = JSON.parse(read(name));
    return 'body' in document ? JSON.parse(document.body) : document;
  });

  assert.equal(new Set(events.map(({ id }) => id)).size, SAMPLES.size + 1);
  assert.equal(new Set(events.map(({ data }) => data.sequence)).size, SAMPLES.size + 1);
});

test('the sample request verifies with its secret at its time, and not once it is changed or old', (t) => {
  const { secret, now, headers, body }: SampleRequest = JSON.parse(read('request.json'));
  const verify = (text: string) => new Webhook(secret).verify(text, { ...headers });
  const written = JSON.stringify(JSON.parse(body));

  assert.throws(() => verify(body), /too old/);
  t.mock.timers.enable({ apis: ['Date'], now: new Date(now) });
  assert.deepEqual(verify(body), JSON.parse(body));
  assert.notEqual(written, body);
  assert.throws(() => verify(written), /No matching signature/);
  assert.throws(() => verify(body.replace('"test"', '"live"')), /No matching signature/);
  assert.equal(Number(headers['content-length']), Buffer.byteLength(body));
  assert.notEqual(Buffer.byteLength(body), body.length);
});
