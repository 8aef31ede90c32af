/** One requirement or option: lines that end in a backslash are one. */
export interface Line {
  /** Without comment and hashes. */
  readonly text: string;
  /** Where it begins in the file, from 1. */
  readonly number: number;
  /** `sha256:…` in the order written. */
  readonly hashes: readonly string[];
  /** What the "# via" comments after it name: packages, `-r file`, `project (pyproject.toml)`. */
  readonly via: readonly string[];
}

/** Splits a requirements file into its logical lines; empty ones are left out. */
export function logicalLines(text: string): Line[] {
  const lines: { text: string; number: number; hashes: string[]; via: string[] }[] = [];
  let pending: { parts: string[]; number: number } | null = null;
  let inVia = false;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (pending === null && line.startsWith('#')) {
      inVia = readVia(line, inVia, lines.at(-1)?.via);
      continue;
    }
    // a "#" inside a URL is no comment: pip wants a space before it
    const code = line.replace(/(?:^|\s)#.*$/, '').trim();
    const isOpen = code.endsWith('\\');
    pending ??= { parts: [], number: index + 1 };
    pending.parts.push(isOpen ? code.slice(0, -1) : code);
    if (isOpen) continue;
    const whole = pending.parts.join(' ').trim();
    if (whole !== '') {
      const via: string[] = [];
      const hashes = Array.from(whole.matchAll(/--hash[=\s]([a-z0-9]+:[0-9a-f]+)/g), ([, hash]) => hash!);
      lines.push({ text: withoutOptions(whole), number: pending.number, hashes, via });
      inVia = readVia(/(?:^|\s)(#\s*via\b.*)$/.exec(line)?.[1] ?? '', false, via);
    }
    pending = null;
  }
  return lines;
}

/** Options of one requirement come after it. */
function withoutOptions(text: string): string {
  return text.startsWith('-') ? text : text.replace(/\s--(?:hash|global-option|config-settings?|install-option)\b.*$/s, '').trim();
}

/** Reads "# via a, b", or "# via" with one name in each of the comments that follow; answers whether more may follow. */
function readVia(comment: string, inVia: boolean, via: string[] | undefined): boolean {
  if (via === undefined || !comment.startsWith('#')) return false;
  const text = comment.slice(1).trim();
  const first = /^via\b\s*(.*)$/.exec(text);
  if (first === null && !inVia) return false;
  for (const name of (first?.[1] ?? text).split(',')) if (name.trim() !== '') via.push(name.trim());
  return true;
}
