/**
 * Formats a table for a terminal: columns as wide as their widest cell, numbers right-aligned, no frame. Colours inside
 * cells do not count towards the width. Callers must remove control characters of other origin from the cells.
 */
import { stripVTControlCharacters } from 'node:util';

const GAP = '  ';

/**
 * Returns the lines of the table: titles, a rule, one line per row, without trailing spaces. Missing cells are empty.
 */
export function formatTable(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = titles.map((title, column) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  const isNumeric = titles.map((_, column) => rows.every((row) => /^[0-9]*$/.test(row[column] ?? '')));
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, column) => pad(cells[column] ?? '', width, isNumeric[column] === true))
      .join(GAP)
      .trimEnd();

  return [line(titles), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)];
}

function pad(cell: string, width: number, isRightAligned: boolean): string {
  const space = ' '.repeat(width - widthOf(cell));
  return isRightAligned ? space + cell : cell + space;
}

function widthOf(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
