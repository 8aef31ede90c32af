import { Alias, Scalar, YAMLMap, YAMLSeq, isScalar, parseDocument } from 'yaml';
import type { Document, Node } from 'yaml';
import { badCharacter, fileLimits } from './source.ts';
import type { Source } from './source.ts';

/** One `key: value` of a mapping, with offsets into the file. */
export interface Field {
  readonly key: string;
  readonly at: number;
  readonly value: Node | null;
}

/** A mapping whose keys are plain words; values stay nodes until somebody asks for one. */
export interface Fields {
  /** Where the mapping begins. */
  readonly at: number;
  readonly map: YAMLMap;
  readonly byKey: ReadonlyMap<string, Field>;
}

/** One YAML text inside the file. */
export interface Fragment {
  readonly document: Document;
  /** Offset of its first character in the file. */
  readonly base: number;
  readonly source: Source;
}

/**
 * Reads YAML that stands in `source` from `base` to `end`. Every scalar is a string, whatever it looks like; tags are
 * refused, so nothing in a file can choose a type. Returns undefined after having reported why.
 */
export function readYaml(source: Source, base: number, end: number): Fragment | undefined {
  const text = source.text.slice(base, end);
  if (tooDeep(text)) {
    source.report(base, `The YAML is nested more than ${fileLimits.yamlDepth} deep.`);
    return undefined;
  }
  const document = parseDocument(text, { schema: 'failsafe', strict: true, uniqueKeys: false, prettyErrors: false, logLevel: 'error' }); // 'silent' would leave out documents after the first without a word
  const lines = new Set<number>();
  for (const error of [...document.errors, ...document.warnings]) {
    const offset = base + Math.min(error.pos[0], text.length);
    // One slip makes the parser stumble several times on its line; the first says it.
    if (lines.has(source.line(offset))) continue;
    lines.add(source.line(offset));
    source.report(offset, error.code === 'MULTIPLE_DOCS' ? 'A second YAML document begins here, which would not be read.' : `Not valid YAML: ${sentence(error.message)}${INDENTATION.has(error.code) ? ' Check how this line and the ones before it are indented.' : ''}`);
  }
  return lines.size > 0 ? undefined : { document, base, source };
}

/** The fields of a mapping; anything else, and a key given twice, is reported. `what` names the mapping. */
export function fieldsOf(fragment: Fragment, node: unknown, what: string, at: number): Fields | undefined {
  const map = follow(fragment, node);
  if (!(map instanceof YAMLMap)) {
    fragment.source.report(at, `${what} must be a mapping of \`key: value\` lines.`);
    return undefined;
  }
  const byKey = new Map<string, Field>();
  for (const pair of map.items) {
    const key = isScalar(pair.key) ? String(pair.key.value) : undefined;
    const offset = offsetOf(fragment, pair.key) ?? at;
    if (key === undefined) fragment.source.report(offset, `A key of ${what} must be a plain word.`);
    else if (byKey.has(key)) fragment.source.report(offset, `${key} is given twice.`);
    else byKey.set(key, { key, at: offset, value: pair.value as Node | null });
  }
  return { at: offsetOf(fragment, map) ?? at, map, byKey };
}

/** The items of a list, aliases resolved; undefined for anything else. */
export function itemsOf(fragment: Fragment, node: unknown): readonly unknown[] | undefined {
  const list = follow(fragment, node);
  return list instanceof YAMLSeq ? list.items : undefined;
}

/** A scalar as trimmed, composed (NFC) text; undefined for a collection. Empty and `~` are both the empty text. */
export function textOf(fragment: Fragment, node: unknown): string | undefined {
  const scalar = follow(fragment, node);
  if (scalar === null || scalar === undefined) return '';
  if (!(scalar instanceof Scalar)) return undefined;
  const text = String(scalar.value ?? '').replaceAll('\r\n', '\n').normalize('NFC').trim();
  return scalar.type === Scalar.PLAIN && (text === '~' || text === 'null') ? '' : text;
}

/** Reads a text field. Problems: a collection, a character that cannot be stored, more than `longest` characters. */
export function readText(fragment: Fragment, field: Field, longest: number): string | undefined {
  const text = textOf(fragment, field.value);
  const refuse = (reason: string) => void fragment.source.report(offsetOf(fragment, field.value) ?? field.at, reason);
  if (text === undefined) return refuse(`${field.key} must be one text, not a list or mapping.`);
  const bad = badCharacter(text.replace(/\r/g, '\u0000'));
  if (bad !== undefined) return refuse(`${field.key} contains ${bad.name}.`);
  if (text.length > longest) return refuse(`${field.key} has ${text.length} characters; at most ${longest} are kept.`);
  return text === '' ? undefined : text;
}

/** Offset of a node in the file. */
export function offsetOf(fragment: Fragment, node: unknown): number | undefined {
  const range = (node as { range?: readonly number[] | null } | null)?.range;
  return range?.[0] === undefined ? undefined : fragment.base + range[0];
}

function follow(fragment: Fragment, node: unknown): unknown {
  return node instanceof Alias ? node.resolve(fragment.document) : node;
}

// What the parser says of a line that lost its indentation is true but does not help.
const INDENTATION: ReadonlySet<string> = new Set(['MULTILINE_IMPLICIT_KEY', 'BAD_INDENT', 'UNEXPECTED_TOKEN', 'MISSING_CHAR']);

function sentence(message: string): string {
  return `${message.replace(/\s+/g, ' ').trim().replace(/\.$/, '')}.`;
}

/**
 * A cheap upper bound of the depth: open brackets, and markers at the beginning of a line. It counts brackets in quoted
 * text too, which only matters beyond a depth that no sensible file has.
 */
function tooDeep(text: string): boolean {
  let open = 0;
  for (const line of text.split('\n')) {
    if ((/^[\s\-?:&!*\w]*/.exec(line)?.[0].match(/(?:^|\s)[-?:](?=\s|$)/g)?.length ?? 0) > fileLimits.yamlDepth) return true;
    for (const character of line) {
      if (character === '[' || character === '{') open += 1;
      else if (character === ']' || character === '}') open = Math.max(0, open - 1);
      if (open > fileLimits.yamlDepth) return true;
    }
  }
  return false;
}
