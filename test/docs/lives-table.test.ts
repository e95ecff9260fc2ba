/** The page for shops lists the lives of `simulate --life` as they are: what arrives, and what the order is in the end. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { test } from 'node:test';
import { lastOrder } from '../../src/commands/simulate/sample-report.ts';
import { LIFE_NAMES, type LifeName, lifeOf } from '../../src/simulator/lives.ts';
import { sampleEvents } from '../../src/simulator/sample-events.ts';

const PAGE = path.join(import.meta.dirname, '..', '..', 'docs', 'delivery.md');

/** The first three columns of the row that begins with the life's name. */
function rowOf(name: LifeName): string {
  const callbacks = lifeOf(name);
  const options = { paymentId: '1001', now: new Date(), newId: randomUUID, firstSequence: 1 };
  const order = lastOrder(sampleEvents(callbacks, options));
  const end = order === null ? 'null' : `\`${order.state}\`${order.certain ? '' : ' ?'}`;
  return `| \`${name}\` | ${callbacks.map((callback) => callback.name).join(', ')} | ${end} |`;
}

test('the table of lives in docs/delivery.md agrees with what simulate sends', async () => {
  const page = await readFile(PAGE, 'utf8');
  const [header = '', ...rest] = page.slice(page.indexOf('| life |')).split('\n');
  const rows = rest.slice(1, rest.indexOf(''));

  const shown = rows.map((row) => row.split('|').slice(0, 4).join('|')).map((row) => `${row}|`);

  assert.match(header, /^\| life \| what arrives \| `data\.order` at the end \|/);
  assert.deepEqual(shown, LIFE_NAMES.map(rowOf));
});
