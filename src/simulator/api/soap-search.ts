/** Reads a request of findPayments. The fake refuses criteria that it does not know how to apply. */
import { Invalid } from './invalid.ts';
import {
  type SearchOperation,
  SORT_COLUMNS,
  type SortColumn,
  type TimeName,
  type TimeRange,
} from './payment-search.ts';
import { type Elements, matchSequence, textOf } from './soap-elements.ts';
import { CRITERIA, CRITERIA_SEQUENCE, SORT, SORT_SEQUENCE } from './soap-search-schema.ts';

const APPLIED: readonly string[] = ['frozen', 'statusSet', 'statusNotSet', 'withMetaData'];
const USUAL_ITEMS = 100;

/** Throws Invalid. */
export function searchOf(found: Elements): SearchOperation {
  const element = found.get(CRITERIA)?.[0];
  const criteria: Elements = element === undefined ? new Map() : matchSequence(element, CRITERIA_SEQUENCE);
  for (const [name, values] of criteria) {
    const isApplied = APPLIED.includes(name) || /^(?:booked|modified|finalized)(?:From|To)$/.test(name);
    if (values.length > 0 && !isApplied) throw new Invalid(`The fake does not search by ${name}`);
  }
  const sort = found.get(SORT)?.[0];
  const order: Elements = sort === undefined ? new Map() : matchSequence(sort, SORT_SEQUENCE);
  const frozen = textOf(criteria, 'frozen');
  return {
    name: 'search',
    criteria: {
      booked: rangeOf(criteria, 'booked'),
      modified: rangeOf(criteria, 'modified'),
      finalized: rangeOf(criteria, 'finalized'),
      frozen: frozen === null ? null : frozen.trim() === 'true',
      statusSet: textsOf(criteria, 'statusSet'),
      statusNotSet: textsOf(criteria, 'statusNotSet'),
    },
    pageNumber: integerOf(found, 'pageNumber', 1),
    itemsPerPage: integerOf(found, 'itemsPerPage', USUAL_ITEMS),
    isAscending: textOf(order, 'ascending') !== 'false',
    columns: textsOf(order, 'sortColumns').map(columnOf),
  };
}

function rangeOf(criteria: Elements, name: TimeName): TimeRange {
  return { fromMs: timeOf(criteria, `${name}From`), toMs: timeOf(criteria, `${name}To`) };
}

/** A time without a zone is one of Swedish winter, as the fake sends them. */
function timeOf(criteria: Elements, name: string): number | null {
  const text = textOf(criteria, name);
  if (text === null) return null;
  const match = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(Z|[+-]\d\d:\d\d)?$/.exec(text.trim());
  const ms = match === null ? Number.NaN : Date.parse(match[1] === undefined ? `${match[0]}+01:00` : match[0]);
  if (Number.isNaN(ms)) throw new Invalid(`${name} is no time`);
  return ms;
}

function integerOf(found: Elements, name: string, usual: number): number {
  const text = textOf(found, name);
  if (text === null) return usual;
  if (!/^\s*[+-]?\d{1,9}\s*$/.test(text)) throw new Invalid(`${name} is no number`);
  return Number(text);
}

function textsOf(found: Elements, name: string): readonly string[] {
  return (found.get(name) ?? []).map(({ text }) => text.trim());
}

function columnOf(text: string): SortColumn {
  const column = SORT_COLUMNS.find((known) => known === text);
  if (column === undefined) throw new Invalid('The fake does not sort by one of sortColumns');
  return column;
}
