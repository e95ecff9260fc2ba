/**
 * Asks the server of a connection to cancel the statement that runs there: the CancelRequest of the protocol, on a
 * connection of its own to the same address, encrypted like the first one.
 * Source: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
 */
import { once } from 'node:events';
import * as net from 'node:net';
import * as tls from 'node:tls';
import type pg from 'pg';
import { backendKeyOf } from './session.ts';

const TIMEOUT_MS = 2_000;
const CANCEL_REQUEST_CODE = 80_877_102;
const SSL_REQUEST_CODE = 80_877_103;

/**
 * Sends the request. Resolves with true when the server has taken it, which says nothing about the statement; with false
 * when the server was not reached in time. Never rejects.
 */
export async function requestCancel(client: pg.Client): Promise<boolean> {
  const { processID, secretKey } = backendKeyOf(client);
  if (processID === null || secretKey === null) return false;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const socket = net.connect(addressOf(client));
  socket.on('error', () => undefined);
  try {
    await once(socket, 'connect', { signal });
    const channel = client.connection.stream instanceof tls.TLSSocket ? await encrypt(socket, client, signal) : socket;
    channel.write(message(CANCEL_REQUEST_CODE, processID, secretKey));
    // The server closes the connection when it has passed the request on.
    channel.resume();
    await once(channel, 'close', { signal });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** The address that the connection leads to: its host name may lead to another server by now. */
function addressOf(client: pg.Client): net.NetConnectOpts {
  const { host, port, connection } = client;
  if (host.startsWith('/')) return { path: `${host}/.s.PGSQL.${port}` };
  const { remoteAddress } = connection.stream as net.Socket;
  return { host: remoteAddress ?? host, port };
}

async function encrypt(socket: net.Socket, client: pg.Client, signal: AbortSignal): Promise<tls.TLSSocket> {
  const { ssl, sslNegotiation } = client as unknown as { ssl: true | tls.ConnectionOptions; sslNegotiation: string };
  const isDirect = sslNegotiation === 'direct';
  if (!isDirect) {
    socket.write(message(SSL_REQUEST_CODE));
    const [answer] = await once(socket, 'data', { signal });
    if (String(answer) !== 'S') throw new Error('the server does not support SSL connections');
  }
  const channel = tls.connect({
    ...(ssl === true ? {} : ssl),
    socket,
    host: client.host,
    ...(net.isIP(client.host) === 0 ? { servername: client.host } : {}),
    ...(isDirect ? { ALPNProtocols: ['postgresql'] } : {}),
  });
  channel.on('error', () => undefined);
  await once(channel, 'secureConnect', { signal });
  return channel;
}

/** A message without a type: its length, itself included, and its words. */
function message(...words: number[]): Buffer {
  const buffer = Buffer.alloc(4 + 4 * words.length);
  buffer.writeInt32BE(buffer.length, 0);
  for (const [index, word] of words.entries()) buffer.writeInt32BE(word | 0, 4 + 4 * index);
  return buffer;
}
