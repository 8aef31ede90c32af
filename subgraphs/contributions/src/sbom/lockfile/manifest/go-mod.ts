import { refuse } from '../refusal.ts';
import type { SourceText } from '../text.ts';

/** One module that a go.mod requires. */
export interface GoRequire {
  readonly path: string;
  readonly version: string;
  /** Not marked `// indirect`. */
  readonly direct: boolean;
  readonly line: number;
}

export interface GoMod {
  readonly source: SourceText;
  readonly module: string;
  readonly requires: readonly GoRequire[];
  /** By `path` or `path@version`: another module, or null for a folder. */
  readonly replaces: ReadonlyMap<string, { path: string; version: string } | null>;
}

/**
 * Reads a go.mod.
 * @throws Refusal MALFORMED for a line it does not know.
 */
export function readGoMod(source: SourceText): GoMod {
  let module = '';
  const requires: GoRequire[] = [];
  const replaces = new Map<string, { path: string; version: string } | null>();
  let block: string | null = null;
  for (const [index, raw] of source.text.split('\n').entries()) {
    const line = index + 1;
    const [code = '', comment = ''] = splitComment(raw);
    if (code === '') continue;
    if (code === ')') {
      block = null;
      continue;
    }
    const words: string[] = code.split(/\s+/).map(unquote);
    if (block === null && words.length === 2 && words[1] === '(') {
      block = words[0]!;
      continue;
    }
    const directive = block ?? words.shift()!;
    if (directive === 'module') module = words[0] ?? '';
    else if (directive === 'require') requires.push(requireOf(source, words, comment, line));
    else if (directive === 'replace') replaceOf(source, words, line, replaces);
    else if (!/^(?:go|toolchain|exclude|retract|tool|godebug|ignore|use)$/.test(directive)) refuse(source.name, 'MALFORMED', 'The line is none that go.mod knows.', { line, column: 1 });
  }
  if (module === '') refuse(source.name, 'MALFORMED', 'The go.mod names no module.', { line: 1, column: 1 });
  return { source, module, requires, replaces };
}

function splitComment(raw: string): [string, string] {
  const at = raw.indexOf('//');
  return at < 0 ? [raw.trim(), ''] : [raw.slice(0, at).trim(), raw.slice(at + 2).trim()];
}

function unquote(word: string): string {
  return word.replace(/^(["`])(.*)\1$/, '$2');
}

function requireOf(source: SourceText, [path, version]: readonly string[], comment: string, line: number): GoRequire {
  if (path === undefined || version === undefined) refuse(source.name, 'MALFORMED', 'A require needs a module and its version.', { line, column: 1 });
  return { path, version, direct: !/^indirect\b/.test(comment), line };
}

function replaceOf(source: SourceText, words: readonly string[], line: number, replaces: Map<string, { path: string; version: string } | null>): void {
  const arrow = words.indexOf('=>');
  const [path, version] = words.slice(0, arrow);
  const [toPath, toVersion] = words.slice(arrow + 1);
  if (arrow < 1 || path === undefined || toPath === undefined) refuse(source.name, 'MALFORMED', 'A replace needs a module, "=>" and what replaces it.', { line, column: 1 });
  replaces.set(version === undefined ? path : `${path}@${version}`, toVersion === undefined ? null : { path: toPath, version: toVersion });
}
