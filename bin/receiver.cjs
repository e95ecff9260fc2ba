#!/usr/bin/env node
/**
 * The command `receiver`: finds a Node that can run the program and runs it there. It is plain JavaScript for old Nodes,
 * so that Node 20, which npm itself may run on, neither fails nor complains about TypeScript.
 *
 * The bundled Node (an optional package) comes first, because the tests run on it; then the one that runs this file. A
 * Node that can replace its process does so. An older one keeps running beside the program: it passes signals on, and
 * ends as the program ends.
 */
'use strict';
const { spawn, spawnSync } = require('node:child_process');
const { existsSync, realpathSync } = require('node:fs');
const { constants } = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const PROGRAM = path.join(ROOT, 'src', 'main.ts');
const FORWARDED = ['SIGTERM', 'SIGINT', 'SIGHUP'];
const CANNOT_RUN = 69;

/** Returns the path of the Node that `npm ci` has installed, or null. */
function findBundledNode() {
  const names = [`node-${process.platform}-${process.arch}`, `node-bin-${process.platform}-${process.arch}`];
  for (const name of names) {
    const file = path.join(ROOT, 'node_modules', name, 'bin', 'node');
    if (existsSync(file)) return realpathSync(file);
  }
  return null;
}

/** Asks a Node for its version; null when it does not run on this machine. */
function readVersion(file) {
  const asked = spawnSync(file, ['--version'], { encoding: 'utf8', env: {} });
  return asked.status === 0 ? asked.stdout.trim() : null;
}

function isAtLeast(version, lowest) {
  const [left, right] = [version, lowest].map((text) => text.replace(/^\D+/, '').split('.').map(Number));
  const index = right.findIndex((part, place) => part !== left[place]);
  return index === -1 || left[index] > right[index];
}

/** Returns the Nodes of this machine that could run the program, the preferred one first. */
function listNodes() {
  const running = { file: process.execPath, version: process.version, isBundled: false };
  const bundled = findBundledNode();
  if (bundled === null) return [running];
  if (bundled === realpathSync(process.execPath)) return [Object.assign(running, { isBundled: true })];
  return [{ file: bundled, version: readVersion(bundled), isBundled: true }, running];
}

/** Returns the first that is new enough. The bundled one of macOS is older, and better than none. */
function selectNode(nodes, lowest) {
  const usable = nodes.filter(({ version }) => version !== null);
  return (
    usable.find(({ version }) => isAtLeast(version, lowest)) ||
    usable.find(({ version, isBundled }) => isBundled && isAtLeast(version, '24.0.0'))
  );
}

function explain(nodes, lowest) {
  const found = nodes.map(
    ({ file, version }) => `${version === null ? 'one that does not run here' : version} (${file})`,
  );
  return [
    `receiver needs Node ${lowest} or newer. Found: ${found.join(', ')}.`,
    'Run "npm ci" without --omit=optional in its folder, which installs a Node for it, or install a newer Node.\n',
  ].join('\n');
}

/** Runs the program in another process until it ends, and ends as it does. */
function runBeside(file, args) {
  // The program ends when this process does, even after SIGKILL: it watches for that.
  const env = Object.assign({}, process.env, { RECEIVER_LAUNCHER_PID: String(process.pid) });
  const child = spawn(file, args, { stdio: 'inherit', env });
  for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`receiver cannot run ${file}: ${error.message}\n`);
    process.exit(CANNOT_RUN);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const name of FORWARDED) process.removeAllListeners(name);
    process.exitCode = 128 + constants.signals[signal];
    process.kill(process.pid, signal);
  });
}

function main(words) {
  const lowest = require('../package.json').engines.node.replace('>=', '');
  const nodes = listNodes();
  const node = selectNode(nodes, lowest);
  if (node === undefined) {
    process.stderr.write(explain(nodes, lowest));
    process.exit(CANNOT_RUN);
  }
  const hasSettings = existsSync('.env');
  if (node.file === process.execPath) {
    if (hasSettings) process.loadEnvFile('.env');
    void import(PROGRAM);
    return;
  }
  const args = (hasSettings ? ['--env-file=.env', PROGRAM] : [PROGRAM]).concat(words);
  if (typeof process.execve === 'function') process.execve(node.file, [node.file].concat(args), process.env);
  runBeside(node.file, args);
}

main(process.argv.slice(2));
