/** The schema of a request of findPayments, in Resurs' order. Source: aftershopflow.xsd of AfterShopFlowService. */
import type { SequenceItem } from './sequence-item.ts';

export const CRITERIA = 'searchCriteria';
export const SORT = 'sortBy';

const MANY = Number.POSITIVE_INFINITY;

export const CRITERIA_SEQUENCE: readonly SequenceItem[] = [
  optional('anyId'),
  optional('paymentMethodId'),
  optional('governmentId'),
  optional('customerName'),
  optional('bookedFrom', 'dateTime'),
  optional('bookedTo', 'dateTime'),
  optional('modifiedFrom', 'dateTime'),
  optional('modifiedTo', 'dateTime'),
  optional('finalizedFrom', 'dateTime'),
  optional('finalizedTo', 'dateTime'),
  optional('amountFrom', 'decimal'),
  optional('amountTo', 'decimal'),
  optional('bonusFrom', 'nonNegativeInteger'),
  optional('bonusTo', 'nonNegativeInteger'),
  optional('frozen', 'boolean'),
  optional('withMetaData', 'boolean'),
  { name: 'statusSet', min: 0, max: MANY },
  { name: 'statusNotSet', min: 0, max: MANY },
  optional('bonusIsUsed', 'boolean'),
];

export const SORT_SEQUENCE: readonly SequenceItem[] = [
  { name: 'ascending', min: 1, max: 1, type: 'boolean' },
  { name: 'sortColumns', min: 1, max: MANY },
];

export const SEARCH_SEQUENCE: readonly SequenceItem[] = [
  { name: CRITERIA, min: 1, max: 1, children: CRITERIA_SEQUENCE },
  optional('pageNumber', 'int'),
  optional('itemsPerPage', 'int'),
  { name: SORT, min: 0, max: 1, isNillable: true, children: SORT_SEQUENCE },
];

function optional(name: string, type?: string): SequenceItem {
  return { name, min: 0, max: 1, isNillable: true, ...(type === undefined ? {} : { type }) };
}
