/** A request as a command for a POSIX shell. Whatever the texts hold, the shell runs nothing of them. Pure. */

/** Their values are masked, and only the service can make them. */
const LEFT_OUT = ['webhook-signature', 'authorization'];

/** What is not to be seen in a terminal, or acts on it: controls but for the line feed, and marks of the direction. */
const INVISIBLE = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Returns a curl command that posts exactly this body. The body comes by a pipe, because one argument of a program may
 * have 128 KiB; `printf` is a part of the shell.
 * @param {{ readonly headers: Readonly<Record<string, string>>, readonly body: string }} request @param {string} url
 */
export function curlOf({ headers, body }, url) {
  const given = Object.entries(headers).filter(([name]) => !LEFT_OUT.includes(name.toLowerCase()));
  const lines = [
    `${printed(body)} | curl --silent --show-error --include --request POST ${quoted(url)}`,
    ...given.map(([name, value]) => `--header ${quoted(`${name}: ${value}`)}`),
    '--data-binary @-',
  ];
  return lines.join(' \\\n  ');
}

/** Returns a word of the shell that is exactly this text. @param {string} text */
export function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** @param {string} text */
function printed(text) {
  if (text.search(INVISIBLE) === -1) return `printf %s ${quoted(text)}`;
  const escaped = text.replaceAll('\\', '\\\\').replace(INVISIBLE, octal);
  return `printf %b ${quoted(escaped)}`;
}

/** @param {string} character */
function octal(character) {
  return [...new TextEncoder().encode(character)].map((byte) => `\\0${byte.toString(8).padStart(3, '0')}`).join('');
}
