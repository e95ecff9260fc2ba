/** Texts from outside made such that Postgres keeps them. */

/** Replaces by U+FFFD what no Postgres text can hold: NUL, and surrogates without their other half. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed();
}

/** Replaces all that is not printable ASCII, or a tab or line break: the text that every database and constraint takes. */
export function asciiOnly(text: string): string {
  return text.replaceAll(/[^\t\n\r -~]/g, '?');
}
