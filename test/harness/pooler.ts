/**
 * A pooler as PgBouncer is one: it accepts clients under process ids of its own, and gives each a server for one
 * transaction (or for its session). It knows nothing of prepared statements, of session settings or of LISTEN.
 */
import { randomInt } from 'node:crypto';
import * as net from 'node:net';
import { listenLocally } from './listen.ts';
import {
  accepted,
  CANCEL_REQUEST,
  type Frame,
  FrameReader,
  int32,
  readStartup,
  refused,
  SSL_REQUEST,
  startup,
} from './postgres-frames.ts';

export interface PoolerOptions {
  /** The socket of the real Postgres. */
  readonly socketPath: string;
  readonly mode: 'transaction' | 'session';
  /** How many connections it opens to Postgres. */
  readonly servers: number;
  /** Startup parameters it does not know are dropped silently; or it refuses the client. */
  readonly unknownParameters: 'dropped' | 'refused';
}

export interface Pooler {
  readonly port: number;
  close(): Promise<void>;
}

interface Server {
  readonly socket: net.Socket;
  /** As announced by Postgres: process id and secret. */
  key: Buffer;
  client: Client | null;
}

interface Client {
  readonly socket: net.Socket;
  readonly key: Buffer;
  readonly user: ReadonlyMap<string, string>;
  /** Messages that wait for a server. */
  readonly waiting: Frame[];
  server: Server | null;
  /** Responses that have not ended yet. */
  pending: number;
}

interface State {
  readonly options: PoolerOptions;
  readonly clients: Set<Client>;
  /** The one that was used last is given away first. */
  readonly idle: Server[];
  readonly servers: Set<Server>;
  opening: number;
}

const KNOWN_PARAMETERS = new Set(['user', 'database', 'application_name', 'client_encoding']);

/** Starts a pooler on a free port of 127.0.0.1. All its clients have to use one user and database. */
export async function startPooler(options: PoolerOptions): Promise<Pooler> {
  const state: State = { options, clients: new Set(), idle: [], servers: new Set(), opening: 0 };
  const server = net.createServer((socket) => acceptClient(state, socket));
  const { port, close } = await listenLocally(server);
  return {
    port,
    async close() {
      await close();
      for (const { socket } of state.servers) socket.destroy();
    },
  };
}

function acceptClient(state: State, socket: net.Socket): void {
  const frames = new FrameReader(false);
  let client: Client | null = null;
  socket.on('data', (chunk: Buffer) => {
    frames.add(chunk);
    for (let frame = frames.next(); frame !== null; frame = frames.next()) {
      if (client !== null) fromClient(state, client, frame);
      else client = greet(state, socket, frame);
      frames.isTyped = client !== null;
    }
  });
  socket.on('error', () => undefined);
  socket.on('close', () => client !== null && leave(state, client));
}

/** Handles what comes before a session: a request for TLS, to cancel, or the startup. */
function greet(state: State, socket: net.Socket, { bytes }: Frame): Client | null {
  const code = bytes.readInt32BE(4);
  if (code === SSL_REQUEST) socket.write('N');
  if (code === SSL_REQUEST) return null;
  if (code === CANCEL_REQUEST) {
    cancel(state, bytes.subarray(8));
    socket.end();
    return null;
  }
  const parameters = readStartup(bytes);
  const unknown = [...parameters.keys()].find((name) => !KNOWN_PARAMETERS.has(name));
  if (unknown !== undefined && state.options.unknownParameters === 'refused') {
    socket.end(refused('08P01', `unsupported startup parameter: ${unknown}`));
    return null;
  }
  const [pid, secret] = [randomInt(2 ** 30, 2 ** 31 - 1), randomInt(2 ** 31 - 1)];
  const user = new Map([...parameters].filter(([name]) => name === 'user' || name === 'database'));
  const client: Client = { socket, key: int32(pid, secret), user, waiting: [], server: null, pending: 0 };
  state.clients.add(client);
  socket.write(accepted(pid, secret));
  return client;
}

function cancel({ clients, options }: State, key: Buffer): void {
  const server = [...clients].find((client) => client.key.equals(key))?.server ?? null;
  if (server === null) return;
  const socket = net.connect(options.socketPath);
  socket.on('error', () => undefined);
  socket.end(Buffer.concat([int32(16, CANCEL_REQUEST), server.key]));
}

function fromClient(state: State, client: Client, frame: Frame): void {
  if (frame.type === 'X') return void client.socket.end();
  if (frame.type === 'Q' || frame.type === 'S') client.pending += 1;
  if (client.server !== null) client.server.socket.write(frame.bytes);
  else client.waiting.push(frame);
  assign(state);
}

/** Gives idle servers to the clients that wait for one, and opens more as far as it may. */
function assign(state: State): void {
  for (const client of state.clients) {
    if (client.server !== null || client.waiting.length === 0) continue;
    const server = state.idle.pop();
    if (server === undefined) {
      if (state.servers.size + state.opening < state.options.servers) openServer(state, client.user);
      return;
    }
    server.client = client;
    client.server = server;
    for (const { bytes } of client.waiting.splice(0)) server.socket.write(bytes);
  }
}

function openServer(state: State, user: ReadonlyMap<string, string>): void {
  const socket = net.connect(state.options.socketPath);
  const server: Server = { socket, key: Buffer.alloc(8), client: null };
  const frames = new FrameReader(true);
  let isReady = false;
  state.opening += 1;
  socket.write(startup(user));
  socket.on('data', (chunk: Buffer) => {
    frames.add(chunk);
    for (let frame = frames.next(); frame !== null; frame = frames.next()) {
      if (isReady) fromServer(state, server, frame);
      else if (frame.type === 'K') server.key = Buffer.from(frame.bytes.subarray(5, 13));
      else if (frame.type === 'Z') {
        isReady = true;
        state.opening -= 1;
        state.servers.add(server);
        state.idle.push(server);
        assign(state);
      }
    }
  });
  socket.on('error', () => undefined);
  socket.on('close', () => drop(state, server));
}

function fromServer(state: State, server: Server, frame: Frame): void {
  const { client } = server;
  // A notification that arrives while no client has the server is lost.
  if (client === null) return;
  client.socket.write(frame.bytes);
  if (frame.type !== 'Z') return;
  client.pending -= 1;
  const isIdle = client.pending === 0 && frame.bytes[5] === 'I'.charCodeAt(0);
  if (!isIdle || state.options.mode === 'session') return;
  client.server = null;
  server.client = null;
  state.idle.push(server);
  assign(state);
}

function drop(state: State, server: Server): void {
  state.servers.delete(server);
  const index = state.idle.indexOf(server);
  if (index >= 0) state.idle.splice(index, 1);
  server.client?.socket.destroy();
}

/** A server whose client left within a transaction, or at the end of its session, is closed. */
function leave(state: State, client: Client): void {
  state.clients.delete(client);
  client.server?.socket.destroy();
}
