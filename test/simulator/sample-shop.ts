/** A shop that `simulate --to` sends sample events to, and what it reads of them. */
import type { TestContext } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { simulate } from '../../src/commands/simulate/simulate.ts';
import { type Answer, type Received, startMerchant, status } from '../helpers/merchant.ts';
import { runCommand } from '../helpers/run-command.ts';

export const SECRET = `whsec_${Buffer.from('the secret of the shop of these tests').toString('base64')}`;
export const ENV = { WEBHOOK_SECRET: SECRET };

/** Starts the shop; `run` sends it the events of these arguments. */
export async function startShop(t: TestContext, answer: Answer = status(204)) {
  const shop = await startMerchant(t);
  shop.answerWith(answer);
  const run = (args: readonly string[], env: Record<string, string> = ENV) =>
    runCommand(simulate, ['--to', shop.url, ...args], env);
  return { shop, run };
}

/** What a shop reads, after its library has verified the signature. */
export interface Payload {
  readonly id: string;
  readonly type: string;
  readonly environment: string;
  readonly data: {
    readonly sequence: number;
    readonly paymentId: string | null;
    readonly order: { readonly state: string; readonly certain: boolean; readonly earlier: string[] } | null;
    readonly change?: { readonly kind: string };
  };
}

/** Verifies the signature as a shop does, and returns what it then reads. */
export function verified({ body, headers }: Received, secret = SECRET): Payload {
  return new Webhook(secret).verify(body, headers as Record<string, string>) as Payload;
}

/** The ids of the events, each once. */
export function idsOf(requests: readonly Received[]): string[] {
  return [...new Set(requests.map(({ id }) => id))];
}

/** Answers events of a type with one status, and others with 204. */
export function refuse(type: string, code: number): Answer {
  return (request, response) => status(JSON.parse(request.body).type === type ? code : 204)(request, response);
}
