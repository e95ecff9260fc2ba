/**
 * Makes `docs/events/request.json`: a whole request as the receiver's own client sends it over a real connection, for the
 * test of a shop's verification. Its body has what a shop loses that verifies a text it has parsed and written again.
 */
import assert from 'node:assert/strict';
import { settingOf } from '../../../src/config/settings.ts';
import { createWebhookClient } from '../../../src/deliveries/webhook.ts';
import { FACTS } from '../../../src/simulator/lives.ts';
import { startWebhookServer } from '../../harness/webhook-server.ts';
import { renderJson } from './render-json.ts';
import { lastEvent, NOW } from './samples.ts';

export interface SampleRequest {
  /** The sample of `.env.example`, which every start warns about and `doctor` fails. */
  readonly secret: string;
  /** The time of the attempt: a verifier that checks the age of a request needs it as its clock. */
  readonly now: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const BODY =
  '{ "addedPaymentSpecificationLines": [ { "id": "7", "artNo": "FEE-1", "description": "Avgift för å, ä, ö \\u20ac", ' +
  '"quantity": 1, "unitMeasure": "st", "unitAmountWithoutVat": 16.00000, "vatPct": 25, "totalVatAmount": 4.00000, ' +
  '"totalAmount": 20.00000 } ] }';
/** Depend on where the request goes. */
const LEFT_OUT = ['host', 'connection'];
const FIRST_INDEX_AFTER_SAMPLES = 50;

/** Renders the file. */
export async function renderRequest(): Promise<string> {
  return renderJson(await captureRequest());
}

async function captureRequest(): Promise<SampleRequest> {
  const secret = settingOf('WEBHOOK_SECRET').sample ?? assert.fail('WEBHOOK_SECRET has no sample');
  const { promise, resolve } = Promise.withResolvers<SampleRequest>();
  const server = await startWebhookServer(({ method = '', headers }, body, response) => {
    response.writeHead(204).end();
    const kept = Object.entries(headers).filter(([name]) => !LEFT_OUT.includes(name));
    const values = kept.map(([name, value]) => [name, String(value)] as const);
    resolve({ secret, now: NOW.toISOString(), method, headers: Object.fromEntries(values), body: body.toString() });
  });
  const client = createWebhookClient({
    url: `${server.url}/webhook`,
    environment: 'test',
    secrets: [secret],
    authorization: null,
    proxies: { HTTP_PROXY: null, HTTPS_PROXY: null, NO_PROXY: [] },
    tls: { caFile: null, certFile: null, keyFile: null },
    timeoutMs: 10_000,
    concurrency: 1,
    userAgent: 'resurs-callback-receiver/0.2.0',
    clock: { now: () => NOW.getTime(), elapsed: () => 0 },
  });
  try {
    const event = lastEvent([{ ...FACTS.booked, body: () => BODY }], FIRST_INDEX_AFTER_SAMPLES);
    const { outcome, error } = await client.send(event, 1, AbortSignal.timeout(10_000));
    assert.equal(outcome, 'accepted', error ?? '');
    return await promise;
  } finally {
    await client.close();
    await server.close();
  }
}
