/**
 * Client of findPayments, an operation of Resurs' AfterShopFlowService: pages of the payments that changed, or were
 * booked, since a time, oldest first. Nothing about a customer leaves the parser. Only an abort by the caller is thrown.
 */
import { AFTER_SHOP, explainWithoutCustomer } from './after-shop.ts';
import type { ResursFailure } from './failure.ts';
import { type ListedPayment, parsePayments, type SearchTime } from './find-payments-parser.ts';
import type { ClientOptions } from './http.ts';
import { secretsIn } from './redact.ts';
import { callSoap } from './soap-call.ts';
import { type Xml, xml } from './xml.ts';

/** One page of a search. */
export interface PageRequest {
  readonly time: SearchTime;
  /** Inclusive. */
  readonly from: Date;
  /** Resurs does not say whether pages count from 0 or from 1. */
  readonly page: number;
  readonly itemsPerPage: number;
}

export type PageResult =
  | {
      readonly outcome: 'done';
      /** In the order of their times. */
      readonly payments: readonly ListedPayment[];
      /** When Resurs sent the page, by its own clock, to the second. */
      readonly date: Date | null;
    }
  | { readonly outcome: 'failed'; readonly failure: ResursFailure };

export interface PaymentSearch {
  find(request: PageRequest, signal: AbortSignal): Promise<PageResult>;
}

const CRITERIA: Readonly<Record<SearchTime, (from: string) => Xml>> = {
  modified: (from) => xml`<modifiedFrom>${from}</modifiedFrom>`,
  booked: (from) => xml`<bookedFrom>${from}</bookedFrom>`,
};
const COLUMNS: Readonly<Record<SearchTime, string>> = { modified: 'MODIFIED_TIME', booked: 'BOOKED_TIME' };

/** Creates a client of one account. It keeps no state between calls. */
export function createPaymentSearch(options: ClientOptions): PaymentSearch {
  return {
    async find({ time, from, page, itemsPerPage }, signal) {
      const begin = from.toISOString();
      // In the order of Resurs' schema.
      const parts = [
        xml`<searchCriteria>${CRITERIA[time](begin)}</searchCriteria>`,
        xml`<pageNumber>${String(page)}</pageNumber>`,
        xml`<itemsPerPage>${String(itemsPerPage)}</itemsPerPage>`,
        xml`<sortBy><ascending>true</ascending><sortColumns>${COLUMNS[time]}</sortColumns><sortColumns>PAYMENT_ID</sortColumns></sortBy>`,
      ];
      const subject = `${time} from ${begin}, page ${page}`;
      const secrets = secretsIn(options.account, null);
      const search = { service: AFTER_SHOP, name: 'findPayments', subject, isRepeatable: true };
      const result = await callSoap(options, { ...search, parts, secrets, explain: explainWithoutCustomer }, signal);
      if (result.outcome === 'failed') return result;
      const parsed = parsePayments(result.value, time);
      if (parsed.outcome === 'read') return { outcome: 'done', payments: parsed.payments, date: result.date };
      return { outcome: 'failed', failure: notUnderstood(subject, parsed.problem) };
    },
  };
}

function notUnderstood(subject: string, problem: string): ResursFailure {
  const operation = `findPayments ${subject}`;
  const text = `the response ${problem}`;
  return { channel: 'SOAP', operation, kind: 'not_understood', status: 200, code: null, text };
}
