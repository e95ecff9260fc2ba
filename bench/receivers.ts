/** Receivers for a benchmark: real processes on one embedded Postgres with fsync on, a merchant's endpoint in this one. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import * as http from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { type Receiver, startReceiver } from '../demo/receiver.ts';
import { type EmbeddedPostgres, startEmbedded } from '../src/db/embedded.ts';

const PROGRAM = path.join(import.meta.dirname, '..');
export const SALT = 'a-salt-of-the-benchmark-3Kd9';
export const CALLBACK_PATH = '/callbacks/resurs';

export interface Bench {
  readonly postgres: EmbeddedPostgres;
  /** Starts a receiver on the database and waits until it is ready. Without `webhookUrl` its deliveries are held. */
  startReceiver(webhookUrl: string | null): Promise<string>;
  /** Stops the receivers; the database stays. */
  stopReceivers(): Promise<void>;
  /** Stops everything and removes what was written. */
  stop(): Promise<void>;
}

export async function openBench(): Promise<Bench> {
  const folder = await mkdtemp(path.join(tmpdir(), 'receiver-bench-'));
  const postgres = await startEmbedded({ dataDir: path.join(folder, 'data') });
  const receivers: Receiver[] = [];
  return {
    postgres,
    async startReceiver(webhookUrl) {
      const port = await freePort();
      const baseUrl = `http://127.0.0.1:${port}`;
      const env = environment(postgres, port, webhookUrl);
      const receiver = startReceiver({ command: ['src/main.ts', 'serve'], cwd: PROGRAM, env, baseUrl });
      receivers.push(receiver);
      await receiver.ready(AbortSignal.timeout(60_000));
      return baseUrl;
    },
    async stopReceivers() {
      await Promise.all(receivers.splice(0).map((receiver) => receiver.stop()));
    },
    async stop() {
      await Promise.all(receivers.map((receiver) => receiver.stop()));
      await postgres.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function environment({ connectionString }: EmbeddedPostgres, port: number, webhookUrl: string | null) {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  return {
    PATH: process.env.PATH ?? '',
    DATABASE_URL: connectionString,
    HOST: '127.0.0.1',
    PORT: String(port),
    DIGEST_SALT: SALT,
    LOG_LEVEL: 'info',
    ...(webhookUrl === null ? {} : { WEBHOOK_URL: webhookUrl, WEBHOOK_SECRET: secret }),
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface Endpoint {
  readonly url: string;
  close(): void;
}

/** A merchant that answers 204 at once and tells when each request came, by performance.now. */
export async function openEndpoint(onRequest: (paymentId: string, atMs: number) => void): Promise<Endpoint> {
  const server = http.createServer((request, response) => {
    const atMs = performance.now();
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(204).end();
      onRequest(String(JSON.parse(Buffer.concat(chunks).toString()).data.paymentId), atMs);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/webhook`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
