/**
 * A merchant's endpoint for a first try with docker-compose.yml and --profile shop: verifies each event and prints one line.
 * It forgets everything; examples/ shows how a shop keeps events and works on them.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { env } from 'node:process';
import { buffer } from 'node:stream/consumers';

const secret = readFileSync(env.WEBHOOK_SECRET_FILE ?? '', 'utf8').trim();
const key = Buffer.from(secret.slice('whsec_'.length), 'base64');

function isGenuine({ headers }: IncomingMessage, body: Buffer): boolean {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const expected = Buffer.from(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
  const given = String(headers['webhook-signature'])
    .split(' ')
    .map((signature) => Buffer.from(signature));
  return given.some((signature) => signature.length === expected.length && timingSafeEqual(signature, expected));
}

const server = createServer(async (request, response) => {
  const body = await buffer(request);
  if (!isGenuine(request, body)) return void response.writeHead(401).end();
  const { type, data } = JSON.parse(body.toString());
  process.stdout.write(`${data.sequence} ${type} ${data.paymentId} ${request.headers['webhook-id']}\n`);
  response.writeHead(204).end();
});
server.listen(Number(env.PORT ?? '9000'));
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
