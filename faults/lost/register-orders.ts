/** Registers orders of the Merchant API as a shop does, before Resurs has heard of them: two of three. */
import type { MapiSequence } from '../../src/simulator/mapi/run.ts';
import type { Testbed } from './testbed.ts';

const EVERY = 3;

/** Returns the references of those that are registered. Every other one names its payment, too. */
export async function registerOrders(
  { env, replicas }: Testbed,
  lives: readonly MapiSequence[],
): Promise<ReadonlySet<string>> {
  const registered = new Set<string>();
  for (const [index, [first]] of lives.entries()) {
    const reference = first?.orderReference ?? null;
    if (reference === null || index % EVERY === 0) continue;
    const paymentId = index % 2 === 0 ? { paymentId: first?.paymentId } : {};
    const response = await fetch(`${replicas()[0]?.url()}/orders/${reference}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${env.STATUS_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ provider: 'resurs-mapi', ...paymentId }),
    });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`PUT /orders/${reference}: ${response.status}`);
    registered.add(reference);
  }
  return registered;
}
