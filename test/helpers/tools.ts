/**
 * Looks for tools that only some tests need: languages and servers of the machine. A test needs all parts of its tool (PHP
 * with its extensions, a program that runs), else it is skipped with a notice that names what is missing. CI installs
 * them all and sets REQUIRE_TOOLS, so that nothing is skipped there unnoticed.
 */
import { spawnSync } from 'node:child_process';

/** Programs of administrators are not on everybody's path. */
export const TOOL_PATH = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;

/** One part of a tool: a command that ends with 0 where the part is there. */
export interface ToolPart {
  readonly name: string;
  readonly command: readonly string[];
}

/** Returns false where all parts are there, else the notice of the skipped test. Throws where a tool must not be missing. */
export function skipWithout(parts: readonly ToolPart[]): string | false {
  const missing = parts.find(({ command: [program = '', ...args] }) => !runs(program, args));
  if (missing === undefined) return false;
  const notice = `${missing.name} is not installed`;
  if (process.env.REQUIRE_TOOLS) throw new Error(`${notice}, and REQUIRE_TOOLS is set`);
  return notice;
}

function runs(program: string, args: readonly string[]): boolean {
  return spawnSync(program, args, { env: { ...process.env, PATH: TOOL_PATH } }).status === 0;
}

/** PHP with what the example needs. */
export const PHP: readonly ToolPart[] = [
  { name: 'php', command: ['php', '--version'] },
  ...['pdo_sqlite', 'hash', 'json'].map((name) => ({
    name: `php with ${name}`,
    command: ['php', '-r', `exit(extension_loaded('${name}') ? 0 : 1);`],
  })),
];

/** PHP with its SOAP client. */
export const PHP_SOAP: readonly ToolPart[] = [
  { name: 'php with soap', command: ['php', '-r', "exit(class_exists('SoapClient') ? 0 : 1);"] },
];

export const PROMTOOL: readonly ToolPart[] = [{ name: 'promtool', command: ['promtool', '--version'] }];

/** Python with the modules that Debian puts into packages of their own. */
export const PYTHON: readonly ToolPart[] = [
  { name: 'python3 3.9', command: ['python3', '-c', 'import sys; sys.exit(sys.version_info < (3, 9))'] },
  { name: 'python3 with sqlite3', command: ['python3', '-c', 'import sqlite3, ssl, http.server'] },
];
