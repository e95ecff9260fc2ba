/** Renders JSON for people: two blanks a level, and a list of plain values on one line where it fits. */

const WIDTH = 120;
const PLAIN_LIST = /^(.*)\[\n([^[\]{}]*)\n *\]/gm;

export function renderJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2).replaceAll(PLAIN_LIST, (list, before: string, members: string) => {
    const line = `${before}[${members.trim().replaceAll(/,\n */g, ', ')}]`;
    return line.length < WIDTH ? line : list;
  });
  return `${text}\n`;
}
