/**
 * Prints the licences of the packages in a folder node_modules, each text once with the packages that come under it. The
 * Dockerfile runs it where the production packages have just been installed, so it cannot fall behind them.
 *
 *   node deploy/third-party-notices.ts node_modules
 */
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';

interface Package {
  readonly title: string;
  readonly licence: string;
  readonly text: string;
}

const LICENCE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;

const HEADER = `resurs-callback-receiver contains these packages of others, from https://www.npmjs.com, under the licences below.
Node.js and Debian, of which the image is made, have theirs in /usr/local/LICENSE and /usr/share/doc/*/copyright.`;

/** What a package under it means that only names it. */
const MIT_TEXT = `Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`;

/** The packages of a folder, those within packages included; one that is there several times in one version is one. */
function readPackages(folder: string): Package[] {
  const names = readdirSync(folder)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(path.join(folder, name)).map((inner) => path.join(name, inner)) : [name],
    );
  return names.flatMap((name) => {
    const own = path.join(folder, name);
    const inner = readdirSync(own).includes('node_modules') ? readPackages(path.join(own, 'node_modules')) : [];
    return [readPackage(own), ...inner];
  });
}

function readPackage(folder: string): Package {
  const readAll = (pattern: RegExp) =>
    readdirSync(folder)
      .filter((file) => pattern.test(file))
      .sort()
      .map((file) => readFileSync(path.join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim())
      .join('\n\n');
  const { name, version, license, author } = JSON.parse(readAll(/^package\.json$/));
  if (typeof license !== 'string') throw new Error(`${name} names no licence`);
  const text = readAll(LICENCE_FILE) || licenceIn(readAll(/^readme\.md$/i));
  if (text === '' && license !== 'MIT') throw new Error(`${name} holds no text of its licence, ${license}`);
  const named = `Copyright (c) ${author?.name ?? author}\n\n${MIT_TEXT}`;
  return { title: `${name} ${version}`, licence: license, text: text || named };
}

/** The last section of a readme, where it is a whole licence. */
function licenceIn(readme: string): string {
  const section = (readme.split(/^#+ licen[cs]e$/im).at(-1) ?? '').trim();
  return /^copyright /im.test(section) && section.includes('WITHOUT WARRANTY') ? section : '';
}

function renderNotices(packages: readonly Package[]): string {
  const byText = new Map<string, Set<string>>();
  for (const { title, licence, text } of packages) {
    const key = `${licence}\n\n${text}`;
    byText.set(key, (byText.get(key) ?? new Set()).add(title));
  }
  const sections = [...byText].map(([text, titles]) => `${[...titles].sort().join('\n')}\nLicence: ${text}`).sort();
  return `${[HEADER, ...sections].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

process.stdout.write(renderNotices(readPackages(process.argv[2] ?? 'node_modules')));
