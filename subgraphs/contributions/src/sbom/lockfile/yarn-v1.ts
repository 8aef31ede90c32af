import { parseSyml } from '@yarnpkg/parsers';
import { sbomLimits } from '../model.ts';
import type { SbomProblem } from '../model.ts';
import { checkCount, draft } from './draft.ts';
import type { Draft, Reading } from './draft.ts';
import { isTable, needText, own, textOf } from './fields.ts';
import type { Table } from './fields.ts';
import { forcedNames, members } from './manifest/merge.ts';
import { outOfStep } from './manifest/model.ts';
import type { Placed } from './manifest/model.ts';
import { npmSource, splitAt } from './npm-source.ts';
import { markReached } from './reach.ts';
import { Refusal, quote, refuse } from './refusal.ts';
import type { SourceText } from './text.ts';

interface Entry {
  readonly table: Table;
  readonly draft: Draft;
}

const HEADER = '# yarn lockfile v1\n';

/**
 * Reads a yarn.lock of yarn 1. What is direct, and what is for production, only the package.json files tell.
 * @throws Refusal
 */
export function readYarnV1(source: SourceText, manifests: readonly Placed[]): Reading {
  const byPattern = new Map<string, Entry>();
  const entries: Entry[] = [];
  for (const block of blocksOf(source)) {
    for (const [patterns, table] of parse(source, block)) {
      const entry = { table, draft: draftOf(source, patterns, table) };
      entries.push(entry);
      for (const pattern of patterns) byPattern.set(pattern, entry);
    }
    checkCount(source, 'packages', entries.length);
  }
  const byName = Map.groupBy(entries, (entry) => entry.draft.alias ?? entry.draft.name);
  const { root, all, notices } = members(manifests);
  const forced = forcedNames(all);
  const find = (name: string, range: string) => byPattern.get(`${name}@${range}`) ?? (forced.has(name) && byName.get(name)?.length === 1 ? byName.get(name)![0]! : null);
  for (const entry of entries) connect(source, entry, find, root !== null, notices);
  if (root !== null) nameDirect(source, root, all, { find, byName }, entries.map((entry) => entry.draft), notices);
  return { kind: 'YARN_V1', formatVersion: '1', entryCount: entries.length, drafts: entries.map((entry) => entry.draft), notices };
}

interface Block {
  readonly text: string;
  /** Line of the file that the block begins with, from 1. */
  readonly line: number;
}

/** The parser holds every line of its input at once and recurses by indentation: it gets some entries at a time. */
function blocksOf({ name, text }: SourceText): Block[] {
  const blocks: Block[] = [];
  let lines: string[] = [];
  let first = 1;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line.length > 200_000 || lines.length > 20_000) refuse(name, 'LIMIT', 'The entry is longer than any of yarn.', { line: index + 1, column: 1 });
    if (/^ {12}/.test(line)) refuse(name, 'LIMIT', 'The entry is indented deeper than any of yarn.', { line: index + 1, column: 13 });
    if (/^\s*"?__proto__"?[\s:]/.test(line)) refuse(name, 'UNSAFE_NAME', 'No package is named "__proto__".', { line: index + 1 });
    if (lines.length >= 400 && /^[^\s#]/.test(line)) {
      blocks.push({ text: lines.join('\n'), line: first });
      lines = [];
      first = index + 1;
    }
    lines.push(line.startsWith('#') ? '' : line);
  }
  return [...blocks, { text: lines.join('\n'), line: first }];
}

/** Groups the patterns of a block by the record they share. */
function parse(source: SourceText, { text, line }: Block): [string[], Table][] {
  if (text.trim() === '') return [];
  let parsed: unknown;
  try {
    parsed = parseSyml(`${HEADER}${text}\n`);
  } catch (error) {
    const start = (error as { location?: { start: { line: number; column: number } } }).location?.start;
    const at = start === undefined ? { line } : { line: line + start.line - 2, column: start.column };
    refuse(source.name, 'MALFORMED', 'The file is not a lock of yarn 1 from here on.', at);
  }
  const records = new Map<Table, string[]>();
  for (const [pattern, value] of Object.entries(parsed as Table)) {
    if (!isTable(value)) refuse(source.name, 'INVALID', `The entry ${quote(pattern)} has no fields.`, { line });
    const patterns = records.get(value);
    if (patterns === undefined) records.set(value, [pattern]);
    else patterns.push(pattern);
  }
  return Array.from(records, ([table, patterns]) => [patterns, table]);
}

function draftOf(source: SourceText, patterns: readonly string[], table: Table): Draft {
  const [first] = patterns as [string];
  const [installedAs, range] = splitAt(first) ?? refuse(source.name, 'INVALID', `The pattern ${quote(first)} has no range.`, { path: first });
  const version = needText(source, table, 'version', first, first);
  const name = range.startsWith('npm:') ? (splitAt(range.slice(4))?.[0] ?? range.slice(4)) : installedAs;
  const resolved = textOf(table, 'resolved');
  return draft({
    id: `${installedAs === name ? '' : `${installedAs}@npm:`}${name}@${version}${resolved === undefined || npmSource(resolved).kind === 'REGISTRY' ? '' : `#${resolved}`}`,
    ecosystem: 'npm',
    name,
    version,
    source: npmSource(resolved ?? (/^(?:file|link):/.test(range) ? range : undefined)),
    thirdParty: !range.startsWith('link:'),
    alias: installedAs === name ? null : installedAs,
    integrity: textOf(table, 'integrity') ?? resolved?.match(/#([0-9a-f]{40})$/)?.[1] ?? null,
    edges: new Set(),
    needles: [`"${first}"`, first],
  });
}

type Find = (name: string, range: string) => Entry | null;

function connect(source: SourceText, { table, draft: from }: Entry, find: Find, hasManifest: boolean, notices: SbomProblem[]): void {
  for (const section of ['dependencies', 'optionalDependencies']) {
    const wanted = own(table, section);
    if (!isTable(wanted)) continue;
    for (const [name, range] of Object.entries(wanted)) {
      const to = find(name, String(range));
      if (to !== null) from.edges!.add(to.draft.id);
      else if (notices.length < sbomLimits.problems) {
        const why = hasManifest ? '' : '; a "resolutions" of the package.json may replace it';
        notices.push({ file: source.name, path: from.id, reason: `${from.id} asks for ${name}@${String(range)}, which the lock does not hold${why}.`, code: 'DANGLING_EDGE' });
      }
    }
  }
}

interface Lookup {
  readonly find: Find;
  readonly byName: ReadonlyMap<string, readonly Entry[]>;
}

function nameDirect(source: SourceText, root: Placed, manifests: readonly Placed[], { find, byName }: Lookup, drafts: readonly Draft[], notices: SbomProblem[]): void {
  const own = new Set(manifests.map(({ manifest }) => manifest.name));
  const hasWorkspaces = (root.manifest.workspaces ?? []).length > 0;
  const onlyRoot = hasWorkspaces && manifests.every((one) => one === root);
  const prod = new Set<string>();
  const dev = new Set<string>();
  const problems: SbomProblem[] = [];
  for (const { manifest } of manifests) {
    for (const wanted of manifest.wanted) {
      if (wanted.group === 'PEER' || /^(?:workspace|link|portal):/.test(wanted.range)) continue;
      const found = find(wanted.name, wanted.range);
      if (found !== null) (wanted.group === 'PROD' ? prod : dev).add(found.draft.id);
      // a member that fits the range is linked and not locked, and so may be one whose manifest is not here
      else if (!own.has(wanted.name) && !(onlyRoot && !byName.has(wanted.name))) problems.push(outOfStep(source, manifest, wanted));
    }
  }
  if (problems.length > 0) throw new Refusal(problems);
  markReached(drafts, { prod, dev });
  if (onlyRoot || (hasWorkspaces && drafts.some((one) => one.thirdParty && one.scope === null))) keepOpen(root, drafts, notices);
}

/** Members whose manifests are not here may name more, and may need for production what else is development only. */
function keepOpen({ manifest }: Placed, drafts: readonly Draft[], notices: SbomProblem[]): void {
  for (const one of drafts) {
    if (one.direct !== true) one.direct = null;
    if (one.scope === 'DEV') one.scope = null;
    if (one.directScope === 'DEV') one.directScope = null;
  }
  notices.push({ file: manifest.source.name, reason: 'The manifests of the workspaces are missing, or some of them: what only they name stays unknown. Hand them in too.', code: 'SKIPPED' });
}
