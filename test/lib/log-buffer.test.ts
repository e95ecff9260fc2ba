/** The buffer of the log: what an output gets, byte for byte, after parts of it were written, refused or dropped. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogBuffer, type LogBuffer } from '../../src/lib/log-buffer.ts';

const create = (maxLength = 1_000) => createLogBuffer(maxLength, (dropped) => `dropped ${dropped}\n`);

function text(buffer: LogBuffer): string | null {
  return buffer.next()?.toString() ?? null;
}

/** Writes all that is left and returns it. */
function drain(buffer: LogBuffer): string {
  let written = '';
  for (let bytes = buffer.next(); bytes !== null; bytes = buffer.next()) {
    written += bytes.toString();
    buffer.advance(bytes.length);
  }
  return written;
}

test('lines leave together, and what was written in part leaves from there on', () => {
  const buffer = create();
  buffer.add('one\n');
  buffer.add('två\n');

  const first = text(buffer);
  buffer.advance(6);
  buffer.add('three\n');

  assert.equal(first, 'one\ntvå\n');
  assert.equal(drain(buffer), 'å\nthree\n');
  assert.equal(text(buffer), null);
});

test('refused lines are counted, and the next line that is written follows their number', () => {
  const buffer = create();
  buffer.add('one\n');
  buffer.add('two\n');
  text(buffer);
  buffer.abandon();
  buffer.add('three\n');
  text(buffer);
  buffer.abandon();
  buffer.add('four\n');

  assert.equal(drain(buffer), 'dropped 3\nfour\n');
  assert.equal(buffer.dropped(), 3, 'a report that was refused is no lost line');
  assert.equal(text(buffer), null, 'the report is written once');
});

test('a line that was written in part is lost, and the next one begins on a line of its own', () => {
  const buffer = create();
  buffer.add('one\n');
  buffer.add('two\n');
  text(buffer);
  buffer.advance(6);
  buffer.abandon();
  buffer.add('three\n');

  assert.equal(drain(buffer), '\ndropped 1\nthree\n');
});

test('a report that was written before the output failed again is not repeated', () => {
  const buffer = create();
  buffer.add('one\n');
  text(buffer);
  buffer.abandon();
  buffer.add('two\n');
  text(buffer);
  buffer.advance('dropped 1\n'.length);
  buffer.abandon();

  assert.equal(drain(buffer), 'dropped 1\n');
  assert.equal(buffer.dropped(), 2);
});

test('lines beyond the limit are dropped, and shorter ones still fit', () => {
  const buffer = create(8);

  const taken = ['four\n', 'five\n', 'no\n'].map((line) => buffer.add(line));

  assert.deepEqual(taken, [true, false, true]);
  assert.equal(buffer.dropped(), 1);
  assert.equal(drain(buffer), 'dropped 1\nfour\nno\n');
});
