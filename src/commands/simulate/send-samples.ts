/**
 * `simulate --to`: posts signed sample events straight to a shop's endpoint, with the code of the real delivery, but
 * without receiver and database. One request at a time, so that a payment's events arrive in order.
 */
import { maskUrl } from '../../config/types/urls.ts';
import { createWebhookClient, type WebhookClient } from '../../deliveries/webhook.ts';
import { systemClock } from '../../lib/clock.ts';
import { errorSummary } from '../../lib/errors.ts';
import { readVersion } from '../../lib/version.ts';
import { EXIT, type Terminal, UsageError } from '../command.ts';
import type { SampleLife, SamplePlan } from './sample-plan.ts';
import { lifeTitle, orderLine, paymentsOf, requestLines, sampleDocument, summaryLines } from './sample-report.ts';
import { createVerdicts, type SampleRequest, type SentSample } from './sample-verdict.ts';

/** Sends all events and prints what was answered; resolves with the exit code. */
export async function sendSamples(plan: SamplePlan, terminal: Terminal): Promise<number> {
  const { lives, json } = plan;
  const client = createClient(plan);
  try {
    if (!plan.isLocal && !(await confirmRemote(plan, terminal))) return EXIT.failed;
    const print = json ? () => undefined : terminal.print;
    print(`Sample events → ${targetText(plan)}`);
    const sent = await sendLives(plan, { client, print, stop: terminal.stop ?? new AbortController().signal });
    const planned = lives.flatMap(({ events }) => events).length;
    const isRight = sent.length === planned && sent.every(({ problem }) => problem === null);
    if (json) terminal.print(JSON.stringify(sampleDocument(plan, sent, isRight)));
    else for (const line of ['', ...summaryLines(sent, planned)]) print(line);
    return isRight ? EXIT.ok : EXIT.failed;
  } finally {
    await client.close();
  }
}

function createClient({ webhook }: SamplePlan): WebhookClient {
  const userAgent = `resurs-callback-receiver/${readVersion()}`;
  try {
    return createWebhookClient({ ...webhook, userAgent, clock: systemClock });
  } catch (error) {
    const files = 'WEBHOOK_CA_FILE, WEBHOOK_CLIENT_CERT_FILE or WEBHOOK_CLIENT_KEY_FILE';
    throw new UsageError(`${files} cannot be used: ${errorSummary(error)}`);
  }
}

interface Sending {
  readonly client: WebhookClient;
  readonly print: (line: string) => void;
  readonly stop: AbortSignal;
}

async function sendLives({ lives, schedule }: SamplePlan, { client, print, stop }: Sending): Promise<SentSample[]> {
  const verdictOf = createVerdicts(schedule);
  const sent: SentSample[] = [];
  for (const life of lives) {
    if (stop.aborted) break;
    for (const line of ['', lifeTitle(life)]) print(line);
    for (const request of requestsOf(life)) {
      const result = await client.send(request.event, request.attempt, stop);
      // Whether the shop took what was interrupted is not known.
      if (stop.aborted) return sent;
      const judged = verdictOf(request, result);
      sent.push(judged);
      for (const line of requestLines(judged)) print(line);
    }
    print(orderLine(life));
  }
  return sent;
}

function requestsOf({ life, paymentId, events }: SampleLife): SampleRequest[] {
  return events.map((event, index) => {
    const attempt = events.slice(0, index + 1).filter(({ id }) => id === event.id).length;
    return { life, paymentId, event, attempt };
  });
}

/** Asks before a shop that may be in use gets events that it cannot tell from real ones. */
async function confirmRemote(plan: SamplePlan, terminal: Terminal): Promise<boolean> {
  const { lives, webhook, yes } = plan;
  const payments = paymentsOf(lives);
  // On standard error, since with --json the output is one document.
  for (const line of [
    `${lives.flatMap(({ events }) => events).length} signed sample events go to ${targetText(plan)}, which is not on this machine.`,
    `The shop takes them for real ones: only "environment": "${webhook.environment}" and their ids tell what they are.`,
    ...(payments.length === 0 ? [] : [`Payments: ${payments.join(', ')}.`]),
  ]) {
    terminal.printError(line);
  }
  if (yes || (await terminal.confirm?.('Send them?')) === true) return true;
  terminal.printError(terminal.confirm === undefined ? 'Nothing was sent. Add --yes to go on.' : 'Nothing was sent.');
  return false;
}

function targetText({ webhook, proxy }: SamplePlan): string {
  return `${maskUrl(webhook.url)}${proxy === null ? '' : ` through the proxy ${proxy}`}`;
}
