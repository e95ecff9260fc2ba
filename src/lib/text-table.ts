/**
 * A readable table for a terminal: columns as wide as their widest cell, numbers to the right, no frame.
 * Colours inside cells do not disturb the widths. Callers keep control characters of others out of the cells.
 */
import { stripVTControlCharacters } from 'node:util';

const GAP = '  ';

/** The lines of the table: titles, a rule, one line per row, without trailing spaces. Missing cells are empty. */
export function formatTable(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = titles.map((title, column) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  const numeric = titles.map((_, column) => rows.every((row) => /^[0-9]*$/.test(row[column] ?? '')));
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, column) => pad(cells[column] ?? '', width, numeric[column] === true))
      .join(GAP)
      .trimEnd();

  return [line(titles), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)];
}

function pad(cell: string, width: number, right: boolean): string {
  const space = ' '.repeat(width - widthOf(cell));
  return right ? space + cell : cell + space;
}

function widthOf(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
