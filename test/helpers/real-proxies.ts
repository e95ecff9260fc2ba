/**
 * Real reverse proxies, each with its file of deploy/. Only names of files, ports and the receiver's address are the
 * test's own. A proxy listens on 127.0.0.1; it is ended after the test.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import type { TestContext } from 'node:test';
import { readText } from '../deploy/files.ts';
import { freePort } from '../harness/listen.ts';
import { waitUntil } from '../harness/wait.ts';
import { type KeyPair, makeSelfSigned } from './certificates.ts';
import { IS_ROOT, makeFolder } from './embedded.ts';
import { TOOL_PATH, type ToolPart } from './tools.ts';

export const PROXY_NAME = 'callbacks.shop.example';

/** Where a proxy works: its files, its ports and the receiver behind it. */
interface Place {
  readonly folder: string;
  readonly httpsPort: number;
  readonly httpPort: number;
  /** Host and port of the receiver. */
  readonly receiver: string;
  /** Host and port of the shop, for the files that stand before both. */
  readonly shop: string;
}

export interface RealProxy {
  readonly name: string;
  readonly needs: readonly ToolPart[];
  /** Writes its configuration and returns its command. */
  configure(place: Place): Promise<readonly string[]>;
}

/** Puts the test's ports and files into a file of deploy/; every one of these has to stand in it. */
async function adapt(file: string, changes: readonly (readonly [from: string, to: string])[]): Promise<string> {
  let text = await readText(file);
  for (const [from, to] of changes) {
    assert.ok(text.includes(from), `${file} has ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

type Changes = readonly (readonly [from: string, to: string])[];

const nginx = (source: string, more: (place: Place) => Changes = () => []): RealProxy => ({
  name: 'nginx',
  needs: [{ name: 'nginx', command: ['nginx', '-v'] }],
  async configure(place) {
    const { folder, httpsPort, httpPort, receiver } = place;
    const server = await adapt(source, [
      ['listen 443 ', `listen 127.0.0.1:${httpsPort} `],
      ['listen 80;', `listen 127.0.0.1:${httpPort};`],
      ['/etc/nginx/', `${folder}/`],
      ['/var/log/nginx/', `${folder}/`],
      ['127.0.0.1:8080', receiver],
      ...more(place),
    ]);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const places = temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n');
    const user = IS_ROOT ? 'user root;' : '';
    const file = path.join(folder, 'nginx.conf');
    await writeFile(
      file,
      `${user}\ndaemon off; pid ${folder}/nginx.pid; worker_processes 1; error_log stderr crit;
events {}\nhttp {\n${places}\n${server}\n}\n`,
    );
    return ['nginx', '-p', folder, '-c', file];
  },
});

const haproxy: RealProxy = {
  name: 'HAProxy',
  needs: [{ name: 'haproxy', command: ['haproxy', '-v'] }],
  async configure({ folder, httpsPort, httpPort, receiver }) {
    const text = await adapt('deploy/haproxy.cfg', [
      ['bind :443 ', `bind 127.0.0.1:${httpsPort} `],
      ['bind :80', `bind 127.0.0.1:${httpPort}`],
      ['/etc/haproxy/', `${folder}/`],
      ['127.0.0.1:8080', receiver],
    ]);
    await writeFile(path.join(folder, 'haproxy.cfg'), text);
    return ['haproxy', '-db', '-f', path.join(folder, 'haproxy.cfg')];
  },
};

const apache = (source: string, more: (place: Place) => Changes = () => []): RealProxy => ({
  name: 'Apache',
  needs: [{ name: 'apache2', command: ['apache2', '-v'] }],
  async configure(place) {
    const { folder, httpsPort, httpPort, receiver } = place;
    const host = await adapt(source, [
      ['<VirtualHost *:443>', `<VirtualHost 127.0.0.1:${httpsPort}>`],
      ['<VirtualHost *:80>', `<VirtualHost 127.0.0.1:${httpPort}>`],
      ['/etc/apache2/', `${folder}/`],
      ['/var/log/apache2/', `${folder}/`],
      ['127.0.0.1:8080', receiver],
      ...more(place),
    ]);
    const modules = ['mpm_event', 'authz_core', 'alias', 'headers', 'socache_shmcb', 'ssl', 'proxy', 'proxy_http'];
    const loaded = [...modules, 'rewrite', 'setenvif'].map(
      (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
    );
    const listens = [httpsPort, httpPort].map((port) => `Listen 127.0.0.1:${port}`);
    const own = [
      `ServerRoot ${folder}`,
      `PidFile ${folder}/apache.pid`,
      `DefaultRuntimeDir ${folder}`,
      `ErrorLog ${folder}/error.log`,
      'ServerName localhost',
      ...(IS_ROOT ? ['User nobody', 'Group nogroup'] : []),
    ];
    await writeFile(path.join(folder, 'apache.conf'), [...own, ...loaded, ...listens, host].join('\n'));
    return ['apache2', '-D', 'FOREGROUND', '-f', path.join(folder, 'apache.conf')];
  },
});

const caddy: RealProxy = {
  name: 'Caddy',
  needs: [{ name: 'caddy', command: ['caddy', 'version'] }],
  async configure({ folder, httpsPort, httpPort, receiver }) {
    const [host = '', port = ''] = receiver.split(':');
    const text = await adapt('deploy/Caddyfile', [
      ['admin off', `admin off\n\thttp_port ${httpPort}\n\thttps_port ${httpsPort}\n\tauto_https disable_certs`],
      ['\tauto_https disable_redirects\n', ''],
      ['\ttls {', `\ttls ${folder}/receiver.crt ${folder}/receiver.key {`],
      ['{$PUBLIC_NAME}', PROXY_NAME],
      ['{$RECEIVER_HOST:receiver}', host],
      ['{$RECEIVER_PORT:8080}', port],
    ]);
    await writeFile(path.join(folder, 'Caddyfile'), text);
    return ['caddy', 'run', '--adapter', 'caddyfile', '--config', path.join(folder, 'Caddyfile')];
  },
};

const caddyBeforeShop: RealProxy = {
  ...caddy,
  async configure({ folder, httpsPort, httpPort, receiver, shop }) {
    const ports = `http_port ${httpPort}\n\thttps_port ${httpsPort}\n\tauto_https disable_certs`;
    const site = await adapt('deploy/shop/Caddyfile', [
      ['{\n\t# callbacks: lines', `{\n\tadmin off\n\t${ports}\n\t# callbacks: lines`],
      ['shop.example {', `https://${PROXY_NAME} {\n\ttls ${folder}/receiver.crt ${folder}/receiver.key`],
      ['127.0.0.1:8080', receiver],
      ['127.0.0.1:8081', shop],
    ]);
    await writeFile(path.join(folder, 'Caddyfile'), `${site}\nhttp:// {\n}\n`);
    return ['caddy', 'run', '--adapter', 'caddyfile', '--config', path.join(folder, 'Caddyfile')];
  },
};

/** Each before the receiver alone. */
export const PROXIES: readonly RealProxy[] = [nginx('deploy/nginx.conf'), haproxy, apache('deploy/apache.conf'), caddy];

const asShop = ({ shop }: Place): Changes => [
  ['127.0.0.1:8081', shop],
  ['shop.example', PROXY_NAME],
  ['shop.crt', 'receiver.crt'],
  ['shop.key', 'receiver.key'],
];

/** What a shop's virtual host may have of its own. */
const SHOP_RULE = '<LocationMatch "^/shop-admin/users">\nRequire all denied\n</LocationMatch>';

/** Each before a shop, and before the receiver for the callbacks of the shop's plugin. */
export const SHOP_PROXIES: readonly RealProxy[] = [
  nginx('deploy/shop/nginx.conf', asShop),
  apache('deploy/shop/apache.conf', (place) => [...asShop(place), ['# The shop, as it was.', SHOP_RULE]]),
  caddyBeforeShop,
];

export interface RunningProxy {
  readonly httpsPort: number;
  readonly httpPort: number;
  readonly certificate: string;
  /** Everything that it has logged, in files and on its output. */
  readLog(): Promise<string>;
}

/** Starts a proxy before `receiver` and `shop` (host and port) and waits until it listens. */
export async function startRealProxy(
  t: TestContext,
  proxy: RealProxy,
  receiver: string,
  shop = '127.0.0.1:1',
): Promise<RunningProxy> {
  const folder = await makeFolder(t);
  await chmod(folder, 0o755);
  const pair = await makeSelfSigned(PROXY_NAME);
  await writeCertificate(folder, pair);
  const [httpsPort, httpPort] = [await freePort(), await freePort()];
  const [program = '', ...args] = await proxy.configure({ folder, httpsPort, httpPort, receiver, shop });
  const env = { PATH: TOOL_PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  t.after(() => end(child));
  const isListening = async () => {
    const answer = await fetch(`http://127.0.0.1:${httpPort}/`, { redirect: 'manual' }).catch(() => null);
    return answer !== null || child.exitCode !== null;
  };
  assert.ok(await waitUntil(isListening), output);
  assert.equal(child.exitCode, null, output);
  return {
    httpsPort,
    httpPort,
    certificate: pair.cert,
    async readLog() {
      const files = ['receiver.log', 'receiver.error.log', 'error.log', 'shop.log', 'shop.error.log'];
      const texts = await Promise.all(files.map((name) => readFile(path.join(folder, name), 'utf8').catch(() => '')));
      return [output, ...texts].join('\n');
    },
  };
}

async function writeCertificate(folder: string, { cert, key }: KeyPair): Promise<void> {
  await writeFile(path.join(folder, 'receiver.crt'), cert);
  await writeFile(path.join(folder, 'receiver.key'), key);
  await writeFile(path.join(folder, 'receiver.pem'), cert + key);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
