/** A cell; `ours` is what this project wrote itself, such as an amount, and is never guarded: `-5` stays a number. */
export interface Cell {
  readonly text: string;
  readonly ours: boolean;
}

/**
 * One line of CSV (RFC 4180). Text of others that a spreadsheet would run as a formula (it begins with = + - @, a tab or a line
 * break, also behind spaces, also in full width) gets an apostrophe before it, as OWASP advises.
 */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(({ text, ours }) => quoted(ours ? text : guarded(text))).join(',')}\r\n`;
}

function guarded(text: string): string {
  return /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/u.test(text) ? `'${text}` : text;
}

function quoted(text: string): string {
  return /[",\r\n']|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
