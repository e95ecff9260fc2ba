/**
 * `npm run pictures`: takes the pictures of docs/pictures, of a shop of thirty days that is the same each time. Run it when
 * a view has changed, and look at what it has made.
 */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { test } from 'node:test';
import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { startBrowser } from '../helpers/browser.ts';
import { closeAfter, openPage } from '../helpers/page.ts';
import { startShopService } from './every-view.ts';

const FOLDER = path.join(import.meta.dirname, '../../docs/pictures');
const MAX_BYTES = 150_000;
const WIDE = { width: 1280, height: 860 };

interface Picture {
  readonly name: string;
  readonly address: string;
  readonly viewport: { readonly width: number; readonly height: number };
  readonly colorScheme?: 'light' | 'dark';
  readonly locale?: string;
}

/** Takes the part of a PNG with the pixels and compresses it as far as it goes: a browser is quick instead. */
function recompress(png: Buffer): Buffer {
  const chunks: Buffer[] = [];
  const pixels: Buffer[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    if (type === 'IDAT') pixels.push(png.subarray(at + 8, at + 8 + length));
    else if (type === 'IHDR') chunks.push(png.subarray(at, at + 12 + length));
    at += 12 + length;
  }
  const data = deflateSync(inflateSync(Buffer.concat(pixels)), { level: 9, memLevel: 9 });
  return Buffer.concat([png.subarray(0, 8), ...chunks, chunkOf('IDAT', data), chunkOf('IEND', Buffer.alloc(0))]);
}

function chunkOf(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

test('the pictures of the documentation', async (t) => {
  const { base, paymentId } = await startShopService(t, { payments: 240 });
  const browser = await startBrowser(t);
  await mkdir(FOLDER, { recursive: true });
  const pictures: readonly Picture[] = [
    { name: 'overview', address: '#/', viewport: { width: 1280, height: 1130 } },
    { name: 'payment', address: `#/payments/${paymentId}`, viewport: WIDE },
    { name: 'deliveries', address: '#/deliveries', viewport: WIDE },
    { name: 'dead-letters-dark', address: '#/dead-letters', viewport: WIDE, colorScheme: 'dark' },
    { name: 'phone', address: '#/', viewport: { width: 390, height: 844 }, locale: 'sv-SE' },
  ];
  for (const { name, address, viewport, colorScheme = 'light', locale = 'en-GB' } of pictures) {
    const opened = await openPage(browser, base, { viewport, colorScheme, locale, reducedMotion: 'reduce' });
    closeAfter(t, opened);
    await opened.go(address);
    await opened.page.getByRole('heading', { level: 1 }).waitFor();
    await opened.page.waitForLoadState('networkidle');
    const png = recompress(await opened.page.screenshot());
    await writeFile(path.join(FOLDER, `${name}.png`), png);
    t.diagnostic(`${name}.png: ${Math.ceil(png.length / 1_000)} kB`);
    assert.ok(png.length < MAX_BYTES, `${name}.png has ${png.length} bytes`);
    assert.deepEqual([opened.problems, opened.foreign], [[], []]);
  }
});
